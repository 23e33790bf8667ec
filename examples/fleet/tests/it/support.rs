//! A home of its own for each test, with the binary in it.

use purlin_testkit::{Binary, Output, Running, require_program};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use serde_json::Value;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(crate) const FLEET: &str = env!("CARGO_BIN_EXE_fleet");

/// A home folder, a working folder two levels down, and a system configuration that nobody else sees.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self { folder: tempfile::Builder::new().prefix("fleet-").tempdir().unwrap() };
        // Others can look in, so that the binary can run as an ordinary user.
        fs::set_permissions(home.folder.path(), Permissions::from_mode(0o755)).unwrap();
        fs::create_dir_all(home.work()).unwrap();
        home.write("system.toml", "");
        home
    }

    /// A file below the home folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder the binary runs in: `up/here`.
    pub(crate) fn work(&self) -> PathBuf {
        self.path("up/here")
    }

    /// Writes a file below the home folder, 0644 whatever the umask.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        path
    }

    /// Writes the `fleet.toml` of the working folder.
    pub(crate) fn fleet_toml(&self, text: &str) -> PathBuf {
        self.write("up/here/fleet.toml", text)
    }

    /// The binary with these words as arguments.
    pub(crate) fn fleet(&self, words: &str) -> Binary {
        self.home(Binary::new(FLEET)).args(words.split_whitespace())
    }

    /// The binary run by a shell, as `$FLEET`.
    pub(crate) fn shell(&self, script: &str) -> Binary {
        self.home(Binary::new("sh")).env("FLEET", FLEET).args(["-c", script])
    }

    fn home(&self, binary: Binary) -> Binary {
        binary
            .env("HOME", self.folder.path())
            .env("FLEET_SYSTEM_CONFIG", self.path("system.toml"))
            .env("TZ", "UTC0")
            .current_dir(self.work())
    }

    /// What `config show --json` says of a setting, with further words and environment: value and origin.
    pub(crate) fn setting(&self, key: &str, words: &str, environment: &[(&str, &str)]) -> (Value, String) {
        let mut binary = self.fleet("config show --json").args(words.split_whitespace());
        for (name, value) in environment {
            binary = binary.env(name, value);
        }
        let document = json(&good(&binary));
        let values = document["values"].as_array().unwrap();
        let setting = values.iter().find(|setting| setting["key"] == key).unwrap();
        (setting["value"].clone(), setting["origin"].as_str().unwrap().to_owned())
    }
}

/// Runs it, and wants exit code 0 and nothing on standard error.
#[track_caller]
pub(crate) fn good(binary: &Binary) -> Output {
    let output = binary.run().unwrap();
    assert_eq!((output.code(), output.stderr.as_str()), (Some(0), ""), "{output:?}");
    output
}

/// Runs it, and wants this exit code, nothing on standard output and these texts on standard error.
#[track_caller]
pub(crate) fn refused(binary: &Binary, code: i32, texts: &[&str]) -> Output {
    let output = binary.run().unwrap();
    assert_eq!((output.code(), output.stdout.as_str()), (Some(code), ""), "{output:?}");
    for text in texts {
        assert!(output.stderr.contains(text), "no {text:?} in: {}", output.stderr);
    }
    output
}

/// The standard output as the one document that it must be.
#[track_caller]
pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", output.stdout))
}

/// The standard error as JSON lines.
#[track_caller]
pub(crate) fn json_lines(output: &Output) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    output.stderr.lines().map(line).collect()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The binary on a terminal, by `script` of util-linux, with somebody who answers. What it tells on standard output and
/// on standard error comes together.
pub(crate) struct Terminal {
    running: Running,
    keys: File,
}

impl Terminal {
    /// Runs `fleet` with these words, as a shell reads them; None where `script` is missing.
    pub(crate) fn start(home: &Home, words: &str, environment: &[(&str, &str)]) -> Option<Self> {
        Self::script(home, &format!("\"$FLEET\" {words}"), environment)
    }

    /// Runs a shell's script, with `$FLEET`.
    pub(crate) fn script(home: &Home, script: &str, environment: &[(&str, &str)]) -> Option<Self> {
        require_program("script")?;
        let path = home.path("keys");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        // For both directions: whoever opens it for one waits for the other end.
        let keys = rustix::fs::open(&path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).unwrap();
        let mut shell = home
            .shell("exec script -qec \"$COMMAND\" /dev/null < ../../keys")
            .env("COMMAND", script)
            .env("SHELL", "/bin/sh")
            .env("TERM", "dumb");
        for (name, value) in environment {
            shell = shell.env(name, value);
        }
        Some(Self { running: shell.spawn().unwrap(), keys: File::from(keys) })
    }

    /// Waits for a question, and types a line.
    pub(crate) fn answer(&mut self, question: &str, line: &str) {
        self.running.wait_for_stdout(question).unwrap();
        writeln!(self.keys, "{line}").unwrap();
    }

    /// Waits for a question, and presses these keys.
    pub(crate) fn press(&mut self, question: &str, keys: &str) {
        self.running.wait_for_stdout(question).unwrap();
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    pub(crate) fn wait(self) -> Output {
        self.running.wait().unwrap()
    }
}
