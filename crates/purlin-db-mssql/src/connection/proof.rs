//! The proof that the next answer is that of the next statement.

use super::{MssqlConnection, unproven};
use purlin_core::Result;
use purlin_db::{DbDetail, ErrorClass, Value};
use std::hash::{BuildHasher, RandomState};

/// A cancellation may come late and hit the proof.
const PROOFS: u32 = 3;

pub(super) async fn recover(connection: &mut MssqlConnection) -> Result<()> {
    for attempt in 0..PROOFS {
        if attempt == 0 {
            // Written when the driver passes over the rest of the answer, which is before anything else.
            connection.shared.interrupt();
        }
        let word = format!("purlin_{:016x}", RandomState::new().hash_one(0));
        match connection.ask(&format!("SELECT '{word}'")).await {
            Ok(row) => {
                let said = row.and_then(|row| row.into_values().into_iter().next());
                if said == Some(Value::Text(word)) {
                    return Ok(());
                }
                return Err(unproven("the answer is that of another statement"));
            }
            Err(error) if DbDetail::class_of(&error) == Some(ErrorClass::Cancelled) => {}
            Err(error) => return Err(error),
        }
    }
    Err(unproven("the server was asked for a word that nobody else can have asked for, and did not say it"))
}
