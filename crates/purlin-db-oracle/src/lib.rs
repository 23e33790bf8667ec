//! Oracle for [`purlin_db`], on Oracle's own thin driver, and a probe of the listener that needs neither driver nor account.

mod connection;
mod connector;
mod cursor;
mod decode;
mod descriptor;
mod fault;
mod guarded;
mod link;
mod listener;
mod names;
mod native;
mod packet;
mod parameters;
mod relay;
mod settings;
mod threads;
mod worker;

pub use connector::{Oracle, OracleConnector};
pub use descriptor::{
    Address, AddressList, Attempt, ConnectData, DatabaseName, Description, Descriptor, Security,
};
pub use fault::OracleError;
pub use guarded::quiet_panics;
pub use listener::{ListenerAnswer, ListenerProbe, ListenerReport, ListenerStage};
pub use names::TnsNames;
pub use native::Native;
pub use threads::ThreadStats;
