//! Whether files are made, and taken away, in time.

use super::disk::{absolute, timed};
use super::touch::{Told, Touch, refused};
use crate::{
    Cause, Check, CheckKind, CheckOutcome, Evidence, Failure, Measurement, OnTarget, Phase, Phases, Status,
    TargetAnswer, TargetQuestion, Unit,
};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result, Timestamp};
use std::time::Duration;

/// How old the newest or the oldest of some files is, and how large: backups must be made, spools must be emptied.
///
/// Kind `file_age`. Measures `age` in seconds since that file was last written, its `size` in bytes, and `files`, how
/// many there are. Thresholds come by [rules](crate::Rule). That there is no file at all has failed where the newest is
/// looked for, and is fine where the oldest is.
///
/// The files are those of one folder, by a pattern for their name as shells have it (`*`, `?`, `[a-z]`); links are
/// followed. The folder may be on a mount that hangs: it is looked at by a child (`find` of GNU findutils), see
/// [`Touch`].
///
/// ```
/// use purlin_health::checks::FileAge;
/// use purlin_health::{CheckSet, CheckSpec, Rule};
///
/// // Made each night, and never smaller than 1 GiB.
/// let backup = CheckSpec::new("backup", FileAge::newest("/backup/map-*.sql.gz")?)
///     .rule(Rule::on("age").critical("93600".parse()?))
///     .rule(Rule::on("size").critical("1073741824:".parse()?));
/// # let _ = CheckSet::new().with(backup);
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FileAge {
    folder: String,
    pattern: String,
    is_newest: bool,
    touch: Touch,
}

impl FileAge {
    /// Looks at the newest file that fits.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where the path is not absolute, ends in a slash, or has a pattern in its folders.
    pub fn newest(pattern: impl Into<String>) -> Result<Self> {
        Self::of(pattern.into(), true)
    }

    /// Looks at the oldest file that fits.
    ///
    /// # Errors
    /// As [`newest`](Self::newest).
    pub fn oldest(pattern: impl Into<String>) -> Result<Self> {
        Self::of(pattern.into(), false)
    }

    fn of(pattern: String, is_newest: bool) -> Result<Self> {
        let invalid =
            |what: &str| Error::new(ErrorKind::Invalid, what.to_owned()).with_operation("check.path");
        let pattern = absolute(pattern)?;
        let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", &pattern));
        if name.is_empty() {
            return Err(invalid("the pattern for files ends in a slash"));
        }
        if folder.contains(['*', '?', '[']) {
            return Err(invalid("only the last part of a path may be a pattern"));
        }
        let folder = if folder.is_empty() { "/" } else { folder }.to_owned();
        Ok(Self { pattern: name.to_owned(), folder, is_newest, touch: Touch::new() })
    }

    /// Shares its children with other checks.
    #[must_use]
    pub fn touch(mut self, touch: &Touch) -> Self {
        self.touch = touch.clone();
        self
    }

    /// The newest or oldest of what was listed, and how many there were.
    fn pick<'t>(&self, listing: &'t str) -> (Option<File<'t>>, u32) {
        let mut count = 0;
        let mut best: Option<File<'t>> = None;
        for file in listing.split('\0').filter_map(File::parse) {
            count += 1;
            let wins =
                |known: &File<'_>| if self.is_newest { file.at > known.at } else { file.at < known.at };
            if best.as_ref().is_none_or(wins) {
                best = Some(file);
            }
        }
        (best, count)
    }

    fn read(&self, listing: &str, now: Timestamp, phases: Phases) -> CheckOutcome {
        let (file, count) = self.pick(listing);
        let files = Measurement::new("files", f64::from(count), Unit::None);
        let Some(file) = file else {
            let message =
                format!("{}/{}: there is no such file", self.folder.trim_end_matches('/'), self.pattern);
            if self.is_newest {
                let failure = Failure::new(Phase::Execute, Cause::Assertion("file".into()), message);
                return CheckOutcome::Failed(failure.phases(phases));
            }
            return CheckOutcome::Answered(Evidence::new(Status::Ok, message).measured(files).phases(phases));
        };
        let age = now.since(file.at);
        let which = if self.is_newest { "newest" } else { "oldest" };
        let line = format!("{}, the {which} of {count}, was written {} s ago", file.name, age.as_secs());
        let evidence = Evidence::new(Status::Ok, line)
            .measured(Measurement::new("age", age.as_secs_f64(), Unit::Seconds))
            .measured(Measurement::new("size", file.size, Unit::Bytes))
            .measured(files);
        CheckOutcome::Answered(evidence.phases(phases))
    }
}

/// One line of the listing: `1795370045.1234567890 4096 name`.
struct File<'t> {
    at: Timestamp,
    size: f64,
    name: &'t str,
}

impl<'t> File<'t> {
    fn parse(line: &'t str) -> Option<Self> {
        let mut fields = line.splitn(3, ' ');
        let (seconds, fraction) = fields.next()?.split_once('.')?;
        // Nine digits of the fraction are nanoseconds; find writes ten.
        let nanos = fraction.get(..9)?.parse().ok()?;
        let at = Timestamp::from_unix_seconds(seconds.parse().ok()?);
        let at = at.saturating_add(Duration::from_nanos(nanos));
        Some(Self { at, size: fields.next()?.parse().ok()?, name: fields.next()? })
    }
}

#[async_trait]
impl Check for FileAge {
    fn kind(&self) -> CheckKind {
        CheckKind::from("file_age")
    }

    fn on_target(&self) -> Option<&dyn OnTarget> {
        Some(self)
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let begun = cx.now();
        let folder = self.followed();
        let argv = [
            "find",
            "-L",
            &folder,
            "-mindepth",
            "1",
            "-maxdepth",
            "1",
            "-type",
            "f",
            "-name",
            &self.pattern,
            "-printf",
            "%T@ %s %f\\0",
        ];
        let told = self.touch.ask(cx, &self.folder, &argv).await;
        let mut phases = Phases::default();
        phases.push(Phase::Execute, cx.now().since(begun));
        match told {
            Told::Said(listing) => {
                self.read(&String::from_utf8_lossy(&listing), cx.clock().timestamp(), phases)
            }
            Told::Refused(complaint) => timed(refused(&self.folder, &complaint), phases),
            Told::Ended(outcome) => timed(outcome, phases),
        }
    }
}

impl FileAge {
    /// The slash has a folder that is a link followed.
    fn followed(&self) -> String {
        format!("{}/", self.folder.trim_end_matches('/'))
    }
}

/// The target's own time, and below it the listing.
const ASK: &str = "export LC_ALL=C; date +%s || exit 1
exec find -L \"$1\" -mindepth 1 -maxdepth 1 -type f -name \"$2\" -printf '%T@ %s %f\\0'";

impl OnTarget for FileAge {
    fn question(&self) -> TargetQuestion {
        TargetQuestion::new(ASK).arg(self.followed()).arg(&self.pattern)
    }

    fn judge(&self, answer: &TargetAnswer) -> CheckOutcome {
        if answer.code != 0 {
            return timed(refused(&self.folder, &answer.complaint()), answer.phases());
        }
        let text = answer.text();
        let (now, listing) = text.split_once('\n').unwrap_or((&text, ""));
        match now.parse() {
            Ok(now) => self.read(listing, Timestamp::from_unix_seconds(now), answer.phases()),
            Err(_) => {
                let error = Error::new(ErrorKind::Unsupported, "date does not tell the seconds since 1970");
                CheckOutcome::Prober(error.with_operation("check.file_age"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Files with names and ages in seconds.
    fn folder(files: &[(&str, u64)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let now = fs::metadata(folder.path()).unwrap().modified().unwrap();
        for (name, age) in files {
            let path = folder.path().join(name);
            fs::write(&path, name).unwrap();
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(now - Duration::from_secs(*age)).unwrap();
        }
        fs::create_dir(folder.path().join("a-folder.gz")).unwrap();
        folder
    }

    fn pattern(folder: &tempfile::TempDir, name: &str) -> String {
        format!("{}/{name}", folder.path().display())
    }

    async fn line(check: FileAge) -> String {
        match check.run(&Cx::background()).await {
            CheckOutcome::Answered(evidence) => evidence.message,
            CheckOutcome::Failed(failure) => failure.message,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn the_newest_and_the_oldest_of_those_that_fit_are_found() {
        let folder = folder(&[("a b.gz", 7200), ("ü\n.gz", 3600), ("c.gz", 90_000), ("d.txt", 10)]);
        let newest = line(FileAge::newest(pattern(&folder, "*.gz")).unwrap()).await;
        assert!(newest.starts_with("ü\n.gz, the newest of 3, was written 36"), "{newest}");
        let oldest = line(FileAge::oldest(pattern(&folder, "*.gz")).unwrap()).await;
        assert!(oldest.starts_with("c.gz, the oldest of 3, was written 900"), "{oldest}");
        let one = line(FileAge::newest(pattern(&folder, "a b.gz")).unwrap()).await;
        assert!(one.starts_with("a b.gz, the newest of 1, was written 72"), "{one}");
    }

    #[tokio::test]
    async fn no_file_is_a_missing_backup_and_an_empty_spool() {
        let folder = folder(&[]);
        let missing = FileAge::newest(pattern(&folder, "*.gz")).unwrap().run(&Cx::background()).await;
        assert!(
            matches!(&missing, CheckOutcome::Failed(failure)
            if failure.cause == Cause::Assertion("file".into())),
            "{missing:?}"
        );
        let empty = FileAge::oldest(pattern(&folder, "*.gz")).unwrap().run(&Cx::background()).await;
        assert!(
            matches!(&empty, CheckOutcome::Answered(evidence)
            if evidence.measurements[0].value == 0.0),
            "{empty:?}"
        );
        let nowhere = line(FileAge::oldest("/no such folder/x").unwrap()).await;
        assert_eq!(nowhere, "/no such folder: no such file or directory");
    }

    #[test]
    fn patterns_that_cannot_be_are_refused() {
        for pattern in ["backup/*.gz", "/backup/", "/*/x"] {
            assert_eq!(FileAge::newest(pattern).unwrap_err().kind(), ErrorKind::Invalid, "{pattern}");
        }
        assert!(FileAge::newest("/x").is_ok());
    }
}
