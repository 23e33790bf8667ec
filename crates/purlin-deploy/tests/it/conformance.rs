//! The suites over what is here.

use async_trait::async_trait;
use purlin_core::Result;
use purlin_deploy::{Journal, MemoryJournal};
use purlin_testkit::suites::deploy::{JournalSubject, journal};
use std::sync::Arc;

fn golden(name: &str) -> String {
    format!("{}/tests/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"))
}

struct Memory;

#[async_trait]
impl JournalSubject for Memory {
    fn implementation(&self) -> &str {
        "memory"
    }

    async fn empty(&self) -> Result<Arc<dyn Journal>> {
        Ok(Arc::new(MemoryJournal::new()))
    }
}

#[tokio::test]
async fn the_journal_in_memory_conforms() {
    journal(&Memory).await.assert_golden(golden("journal.memory"));
}
