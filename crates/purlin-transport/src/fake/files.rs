//! The files of a fake host: folders and regular files, by absolute path.

use crate::FaultClass;
use crate::files::{FileKind, FileReply, FileVerb, Stat, WriteFile};
use purlin_core::{Error, ErrorKind, Outcome, Result, Timestamp};
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Files {
    nodes: BTreeMap<String, Node>,
    refused: Option<FaultClass>,
}

#[derive(Clone)]
struct Node {
    /// None: a folder.
    content: Option<Vec<u8>>,
    mode: u32,
    user: String,
    group: String,
    modified: Timestamp,
}

impl Node {
    fn folder() -> Self {
        Self { content: None, mode: 0o755, ..Self::file(Vec::new()) }
    }

    fn file(content: Vec<u8>) -> Self {
        let (user, group) = ("root".to_owned(), "root".to_owned());
        Self { content: Some(content), mode: 0o644, user, group, modified: Timestamp::from_unix_seconds(0) }
    }

    fn stat(&self) -> Stat {
        Stat {
            kind: if self.content.is_some() { FileKind::File } else { FileKind::Folder },
            size: self.content.as_ref().map_or(4096, |content| content.len() as u64),
            mode: self.mode,
            uid: 0,
            gid: 0,
            user: Some(self.user.clone()),
            group: Some(self.group.clone()),
            modified: self.modified,
            target: None,
        }
    }
}

fn fault(kind: ErrorKind, words: &'static str) -> Error {
    Error::new(kind, words).with_outcome(Outcome::Sent)
}

fn missing() -> Error {
    fault(ErrorKind::NotFound, "no such file or directory")
}

/// Without a slash at its end; the session's folder is the root.
fn normal(path: &str) -> String {
    let parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts.fold(String::new(), |path, part| path + "/" + part)
}

fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |at| path.get(..at).unwrap_or_default())
}

impl Files {
    pub(super) fn put(&mut self, path: &str, content: Vec<u8>) {
        let path = normal(path);
        self.make_folder(parent(&path));
        self.nodes.insert(path, Node::file(content));
    }

    pub(super) fn make_folder(&mut self, path: &str) {
        let path = normal(path);
        let mut above = path.as_str();
        while !above.is_empty() {
            self.nodes.entry(above.to_owned()).or_insert_with(Node::folder);
            above = parent(above);
        }
    }

    pub(super) fn refuse(&mut self, class: FaultClass) {
        self.refused = Some(class);
    }

    pub(super) fn content(&self, path: &str) -> Option<&[u8]> {
        self.nodes.get(&normal(path))?.content.as_deref()
    }

    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>> {
        match self.nodes.get(&normal(path)) {
            Some(Node { content: Some(content), .. }) => Ok(content.clone()),
            Some(_) => Err(fault(ErrorKind::Invalid, "is a directory")),
            None => Err(missing()),
        }
    }

    fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.nodes.get(path).is_some_and(|node| node.content.is_none())
    }

    fn writable(&self) -> Result<()> {
        match self.refused {
            Some(class) => Err(class.error("the fake was told to refuse writes")),
            None => Ok(()),
        }
    }

    /// Whether anything had to be written.
    pub(super) fn write(&mut self, request: &WriteFile, content: Vec<u8>, now: Timestamp) -> Result<bool> {
        let path = normal(&request.path);
        if self.is_folder(&path) {
            return Err(fault(ErrorKind::Invalid, "is a directory"));
        }
        if !self.is_folder(parent(&path)) {
            return Err(missing());
        }
        let old = self.nodes.get(&path);
        let owner = request.owner.as_deref().unwrap_or_default();
        let (user, group) = owner.split_once(':').unwrap_or((owner, ""));
        let or_root = |name: &str| if name.is_empty() { "root".to_owned() } else { name.to_owned() };
        let (user, group) = (or_root(user), or_root(group));
        let node = Node { content: Some(content), mode: request.mode, user, group, modified: now };
        let same = |old: &Node| {
            old.content == node.content
                && (old.mode, &old.user, &old.group) == (node.mode, &node.user, &node.group)
        };
        if old.is_some_and(same) {
            return Ok(false);
        }
        if request.is_rehearsal() {
            return Ok(true);
        }
        self.writable()?;
        self.nodes.insert(path, node);
        Ok(true)
    }

    pub(super) fn ask(&mut self, verb: &FileVerb) -> Result<FileReply> {
        match verb {
            FileVerb::Stat(path) => match (normal(path).as_str(), self.nodes.get(&normal(path))) {
                ("", _) => Ok(FileReply::Stat(Node::folder().stat())),
                (_, Some(node)) => Ok(FileReply::Stat(node.stat())),
                (_, None) => Err(missing()),
            },
            FileVerb::List(path) => self.list(&normal(path)),
            FileVerb::Rename { from, to } => self.rename(&normal(from), &normal(to)),
            FileVerb::Remove(path) => self.remove(&normal(path), false),
            FileVerb::RemoveAll(path) => self.remove(&normal(path), true),
        }
    }

    fn below<'f>(&'f self, folder: &'f str) -> impl Iterator<Item = (&'f String, &'f Node)> {
        self.nodes
            .iter()
            .filter(move |(path, _)| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
    }

    fn list(&self, folder: &str) -> Result<FileReply> {
        if !self.is_folder(folder) {
            let file = self.nodes.contains_key(folder);
            return Err(if file { fault(ErrorKind::Invalid, "not a directory") } else { missing() });
        }
        let inside = self.below(folder).filter(|(path, _)| parent(path) == folder);
        let named = inside.map(|(path, node)| {
            let name = path.get(folder.len() + 1..).unwrap_or_default();
            (name.to_owned(), node.stat())
        });
        Ok(FileReply::List(named.collect()))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<FileReply> {
        if !self.nodes.contains_key(from) || !self.is_folder(parent(to)) {
            return Err(missing());
        }
        if self.is_folder(to) {
            return Err(fault(ErrorKind::Invalid, "is a directory"));
        }
        self.writable()?;
        let moved: Vec<String> = self.below(from).map(|(path, _)| path.clone()).collect();
        for path in moved.into_iter().chain([from.to_owned()]) {
            if let Some(node) = self.nodes.remove(&path) {
                self.nodes.insert(format!("{to}{}", path.get(from.len()..).unwrap_or_default()), node);
            }
        }
        Ok(FileReply::Done { changed: true })
    }

    fn remove(&mut self, path: &str, all: bool) -> Result<FileReply> {
        if !self.nodes.contains_key(path) {
            return Ok(FileReply::Done { changed: false });
        }
        if !all && self.below(path).next().is_some() {
            return Err(fault(ErrorKind::Conflict, "directory not empty"));
        }
        self.writable()?;
        let gone: Vec<String> = self.below(path).map(|(path, _)| path.clone()).collect();
        gone.iter().for_each(|path| drop(self.nodes.remove(path)));
        self.nodes.remove(path);
        Ok(FileReply::Done { changed: true })
    }
}
