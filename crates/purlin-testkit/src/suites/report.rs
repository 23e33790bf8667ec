//! What came of a suite.

use std::fmt;
use std::fs;
use std::path::Path;

/// Set to `1` to write golden files anew; look at the difference before it is committed.
const BLESS: &str = "PURLIN_BLESS";

/// The cases of a suite over one implementation, with what came of them, in the order in which they ran.
///
/// It prints as its golden file: the capabilities, a line for each case, the count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    suite: String,
    implementation: String,
    capabilities: Vec<String>,
    /// Nothing behind it evaluates anything: its answers were written down beforehand.
    scripted: bool,
    cases: Vec<(String, Verdict)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Passed,
    Failed(String),
    /// Not applicable for want of this capability.
    Lacks(String),
}

impl Report {
    pub(super) fn new(suite: &str, implementation: &str, capabilities: &[String]) -> Self {
        Self {
            suite: suite.to_owned(),
            implementation: implementation.to_owned(),
            capabilities: capabilities.to_vec(),
            scripted: false,
            cases: Vec::new(),
        }
    }

    pub(super) fn is_scripted(&mut self) {
        self.scripted = true;
    }

    pub(super) fn add(&mut self, name: &str, verdict: Verdict) {
        self.cases.push((name.to_owned(), verdict));
    }

    /// How many cases were run. Those with scripted answers do not count: they are [wire cases](Self::wire).
    pub fn run(&self) -> usize {
        if self.scripted { 0 } else { self.applicable() }
    }

    /// How many cases were run over scripted answers, where nothing was evaluated.
    pub fn wire(&self) -> usize {
        if self.scripted { self.applicable() } else { 0 }
    }

    fn applicable(&self) -> usize {
        self.cases.iter().filter(|(_, verdict)| !matches!(verdict, Verdict::Lacks(_))).count()
    }

    /// Whether cases were run and none failed.
    pub fn is_good(&self) -> bool {
        self.applicable() > 0 && self.failures().is_empty()
    }

    /// The cases that failed, each with its complaint.
    pub fn failures(&self) -> Vec<String> {
        let failed = self.cases.iter().filter_map(|(name, verdict)| match verdict {
            Verdict::Failed(complaint) => Some(format!("{name}: {complaint}")),
            _ => None,
        });
        failed.collect()
    }

    /// Makes sure that no case failed and that the report is the one in the golden file. With `PURLIN_BLESS=1` the
    /// file is written instead.
    ///
    /// # Panics
    /// When a case failed, when the file differs, is missing, or cannot be written.
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion for tests")]
    pub fn assert_golden(&self, file: impl AsRef<Path>) {
        let file = file.as_ref();
        assert!(
            self.is_good(),
            "{} over {}:\n{}",
            self.suite,
            self.implementation,
            self.failures().join("\n")
        );
        if std::env::var_os(BLESS).is_some_and(|value| value == "1") {
            if let Err(error) = fs::write(file, self.to_string()) {
                panic!("{}: {error}", file.display());
            }
            return;
        }
        let hint = format!("{BLESS}=1 writes it anew");
        match fs::read_to_string(file) {
            Ok(golden) if golden == self.to_string() => {}
            Ok(golden) => panic!("{} says\n{golden}\nbut now it is\n{self}\n{hint}", file.display()),
            Err(error) => panic!("{}: {error}; {hint}", file.display()),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} over {}", self.suite, self.implementation)?;
        let capabilities = match self.capabilities.as_slice() {
            [] => "none".to_owned(),
            capabilities => capabilities.join(" "),
        };
        writeln!(f, "capabilities: {capabilities}")?;
        for (name, verdict) in &self.cases {
            match verdict {
                Verdict::Passed if self.scripted => writeln!(f, "wire {name}")?,
                Verdict::Passed => writeln!(f, "ran {name}")?,
                Verdict::Failed(_) => writeln!(f, "FAILED {name}")?,
                Verdict::Lacks(capability) => writeln!(f, "not applicable without {capability}: {name}")?,
            }
        }
        let total = self.cases.len();
        if self.scripted {
            return writeln!(f, "0 of {total} cases ran, {} more over scripted answers", self.wire());
        }
        writeln!(f, "{} of {total} cases ran", self.run())
    }
}
