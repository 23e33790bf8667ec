//! Oracle for [`purlin_db`], on Oracle's own thin driver, and a probe of the listener that needs neither driver nor account.

mod descriptor;
mod listener;
mod names;
mod packet;

pub use descriptor::{
    Address, AddressList, Attempt, ConnectData, DatabaseName, Description, Descriptor, Security,
};
pub use listener::{ListenerAnswer, ListenerProbe, ListenerReport, ListenerStage};
pub use names::TnsNames;
