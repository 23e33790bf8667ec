//! The suite over the sources that are here, and over one as the documentation shows it.

use async_trait::async_trait;
use purlin_core::{Cx, Error, Result};
use purlin_inventory::{Batch, FileSource, ScriptSource, Source};
use purlin_testkit::suites::{Estate, SourceCapability, SourceHarness, inventory_source};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn assert_golden(name: &str, harness: &dyn SourceHarness) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let report = runtime.block_on(inventory_source(harness));
    report.assert_golden(format!("{}/tests/golden/inventory_source.{name}.txt", env!("CARGO_MANIFEST_DIR")));
}

/// Files in a folder that is gone at the end.
struct Files {
    folder: tempfile::TempDir,
    made: AtomicUsize,
}

impl Files {
    fn new() -> Self {
        Self { folder: tempfile::TempDir::new().unwrap(), made: AtomicUsize::new(0) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(format!("estate-{}", self.made.load(Ordering::Relaxed)))
    }

    fn write(&self, text: &str) -> Result<PathBuf> {
        std::fs::write(self.path(), text).map_err(|error| Error::io("suite.write", error))?;
        Ok(self.path())
    }

    fn next(&self) {
        self.made.fetch_add(1, Ordering::Relaxed);
    }
}

fn ini(estate: &Estate) -> String {
    let line = |host: &String| format!("{host} site={}\n", estate.site);
    format!("[{}]\n{}", estate.group, estate.hosts.iter().map(line).collect::<String>())
}

fn json(estate: &Estate) -> String {
    let vars = |host: &String| (host.clone(), serde_json::json!({ "site": estate.site }));
    let hostvars: serde_json::Map<_, _> = estate.hosts.iter().map(vars).collect();
    let group = estate.group.clone();
    serde_json::json!({ group: { "hosts": estate.hosts }, "_meta": { "hostvars": hostvars } }).to_string()
}

impl SourceHarness for Files {
    fn implementation(&self) -> &str {
        "file"
    }

    fn capabilities(&self) -> Vec<SourceCapability> {
        vec![SourceCapability::Changes, SourceCapability::Breaks, SourceCapability::Malforms]
    }

    fn source(&self, estate: &Estate) -> Result<Arc<dyn Source>> {
        self.next();
        Ok(Arc::new(FileSource::new(self.write(&ini(estate))?.display().to_string())))
    }

    fn change(&self, estate: &Estate) -> Result<()> {
        self.write(&ini(estate)).map(drop)
    }

    fn broken(&self) -> Result<Arc<dyn Source>> {
        self.next();
        Ok(Arc::new(FileSource::new(self.path().display().to_string())))
    }

    fn malformed(&self) -> Result<Arc<dyn Source>> {
        self.next();
        Ok(Arc::new(FileSource::new(self.write("[web\nh1\n")?.display().to_string())))
    }
}

struct Scripts(Files);

impl SourceHarness for Scripts {
    fn implementation(&self) -> &str {
        "script"
    }

    fn capabilities(&self) -> Vec<SourceCapability> {
        let mut all = self.0.capabilities();
        all.push(SourceCapability::Hangs);
        all
    }

    fn source(&self, estate: &Estate) -> Result<Arc<dyn Source>> {
        self.0.next();
        Ok(Arc::new(ScriptSource::new(format!("cat '{}'", self.0.write(&json(estate))?.display()))))
    }

    fn change(&self, estate: &Estate) -> Result<()> {
        self.0.write(&json(estate)).map(drop)
    }

    fn broken(&self) -> Result<Arc<dyn Source>> {
        Ok(Arc::new(ScriptSource::new("false")))
    }

    fn malformed(&self) -> Result<Arc<dyn Source>> {
        Ok(Arc::new(ScriptSource::new("echo '{\"web\": '")))
    }

    fn hanging(&self) -> Result<Arc<dyn Source>> {
        Ok(Arc::new(ScriptSource::new("sleep 600")))
    }
}

/// As in the documentation of [`Source`].
#[derive(Debug)]
struct Memory(Estate);

#[async_trait]
impl Source for Memory {
    fn name(&self) -> &str {
        "memory"
    }

    async fn fetch(&self, cx: &Cx) -> Result<Batch> {
        cx.check("memory.fetch")?;
        let mut batch = Batch::new(self.name());
        let group = batch.group(&self.0.group);
        for name in &self.0.hosts {
            let host = batch.host(name);
            batch.set_host_var(host, "site", self.0.site.as_str());
            batch.add_host(group, host);
        }
        Ok(batch)
    }
}

struct Memories;

impl SourceHarness for Memories {
    fn implementation(&self) -> &str {
        "memory"
    }

    fn source(&self, estate: &Estate) -> Result<Arc<dyn Source>> {
        Ok(Arc::new(Memory(estate.clone())))
    }
}

#[test]
fn a_file_conforms() {
    assert_golden("file", &Files::new());
}

#[test]
fn a_script_conforms() {
    assert_golden("script", &Scripts(Files::new()));
}

#[test]
fn one_in_memory_conforms() {
    assert_golden("memory", &Memories);
}

/// Gets everything wrong: it is always empty, and never fails or waits.
#[derive(Debug)]
struct Empty;

#[async_trait]
impl Source for Empty {
    fn name(&self) -> &str {
        ""
    }

    async fn fetch(&self, _: &Cx) -> Result<Batch> {
        Ok(Batch::new(""))
    }
}

struct Careless;

impl SourceHarness for Careless {
    fn implementation(&self) -> &str {
        "careless"
    }

    fn capabilities(&self) -> Vec<SourceCapability> {
        let mut all = Files::new().capabilities();
        all.push(SourceCapability::Hangs);
        all
    }

    fn source(&self, _: &Estate) -> Result<Arc<dyn Source>> {
        Ok(Arc::new(Empty))
    }

    fn change(&self, _: &Estate) -> Result<()> {
        Ok(())
    }

    fn broken(&self) -> Result<Arc<dyn Source>> {
        Ok(Arc::new(Empty))
    }

    fn malformed(&self) -> Result<Arc<dyn Source>> {
        Ok(Arc::new(Empty))
    }

    fn hanging(&self) -> Result<Arc<dyn Source>> {
        Ok(Arc::new(Empty))
    }
}

#[test]
fn every_case_can_fail() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let report = runtime.block_on(inventory_source(&Careless));
    assert_eq!(report.failures().len(), report.run(), "{report}");
}
