//! Oracle for [`purlin_db`], on Oracle's own thin driver, and a probe of the listener that needs neither driver nor account.

mod descriptor;
mod names;

pub use descriptor::{
    Address, AddressList, Attempt, ConnectData, DatabaseName, Description, Descriptor, Security,
};
