//! TNS packets.
