#![doc = include_str!("../../README.md")]

#[doc = include_str!("../../docs/inventory.md")]
pub mod inventory {}
