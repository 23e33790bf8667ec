//! Integration tests.

mod steps;
