//! Files.

use super::cases::cases;
use super::stage::{Case, Stage, ensure, equal, failed};
use crate::suites::Suite;
use bytes::Bytes;
use purlin_core::{Error, ErrorKind, Outcome};
use purlin_transport::{FileKind, FileRequest, ReadFile, SessionExt, WriteFile};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases!(suite, stage, "files";
        what_is_written_is_read [];
        what_is_as_wanted_is_left_alone [];
        another_mode_is_a_change [];
        nothing_but_the_file_is_left [];
        a_large_file_goes_through_and_tells_how_far_it_is [];
        a_file_of_this_machine_is_sent [];
        names_are_taken_as_they_are [];
        what_is_not_there_is_not_found [];
        a_folder_is_no_file [];
        a_file_that_is_too_long_is_not_read [];
        a_path_is_looked_at [];
        a_folder_is_listed [];
        a_new_name_replaces_what_had_it [];
        what_is_removed_is_gone_and_twice_is_no_fault [];
        a_folder_goes_with_what_is_in_it_when_it_is_told_so [];
        what_must_not_be_removed_is_refused [];
    );
}

fn is(error: &Error, kind: ErrorKind, path: &str) -> Case {
    equal("the kind", &error.kind(), &kind)?;
    ensure(error.to_string().contains(path), format!("{path} is not named in {error}"))
}

async fn put(stage: &Stage<'_>, path: &str, text: &'static str) -> Case {
    stage.session.put(&Stage::cx(), path, Bytes::from_static(text.as_bytes())).await?;
    Ok(())
}

async fn has(stage: &Stage<'_>, path: &str, wanted: &[u8]) -> Case {
    let content = stage.session.contents(&Stage::cx(), path).await?;
    ensure(content[..] == *wanted, format!("{path} holds {} bytes of something else", content.len()))
}

async fn what_is_written_is_read(stage: &Stage<'_>) -> Case {
    for content in [&b""[..], b"text\n", b"\0\xff\r\n'$`\\", b"no line break"] {
        let path = stage.path("file");
        let written = stage.session.write(&Stage::cx(), &WriteFile::new(&*path, content)).await?;
        equal("changed", &written.changed, &true)?;
        equal("the size", &written.size, &(content.len() as u64))?;
        ensure(written.verified, "the host did not compare it")?;
        has(stage, &path, content).await?;
        let mut sink = Vec::new();
        let read = stage.session.read(&Stage::cx(), &ReadFile::new(&*path), &mut sink).await?;
        equal("the sum", &read.sha256, &written.sha256)?;
    }
    Ok(())
}

async fn what_is_as_wanted_is_left_alone(stage: &Stage<'_>) -> Case {
    let path = stage.path("file");
    let file = WriteFile::new(&*path, "content").mode(0o640);
    equal("the first", &stage.session.write(&Stage::cx(), &file).await?.changed, &true)?;
    equal("the second", &stage.session.write(&Stage::cx(), &file).await?.changed, &false)?;
    let other = WriteFile::new(&*path, "kontent").mode(0o640);
    equal("another content", &stage.session.write(&Stage::cx(), &other).await?.changed, &true)?;
    has(stage, &path, b"kontent").await
}

async fn another_mode_is_a_change(stage: &Stage<'_>) -> Case {
    let path = stage.path("file");
    for mode in [0o600, 0o755, 0o444] {
        let file = WriteFile::new(&*path, "content").mode(mode);
        equal("changed", &stage.session.write(&Stage::cx(), &file).await?.changed, &true)?;
        let stat = stage.session.stat(&Stage::cx(), &path).await?;
        equal("the mode", &stat.map(|stat| stat.mode), &Some(mode))?;
    }
    let error = failed(
        "a mode of more bits",
        stage.session.write(&Stage::cx(), &WriteFile::new(&*path, "").mode(0o10644)).await,
    )?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)
}

async fn nothing_but_the_file_is_left(stage: &Stage<'_>) -> Case {
    let path = stage.path("alone");
    put(stage, &path, "one").await?;
    put(stage, &path, "two").await?;
    let entries = stage.session.list(&Stage::cx(), &stage.subject.folder()).await?;
    let left: Vec<&str> =
        entries.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with('.')).collect();
    equal("what is left", &left, &Vec::new())
}

async fn a_large_file_goes_through_and_tells_how_far_it_is(stage: &Stage<'_>) -> Case {
    let content: Vec<u8> = (0..6_000_000_u32).map(|number| (number % 253) as u8).collect();
    let path = stage.path("large");
    let told = Arc::new(Mutex::new(Vec::new()));
    let keep = told.clone();
    let file = WriteFile::new(&*path, content.clone())
        .on_progress(move |progress| keep.lock().unwrap_or_else(PoisonError::into_inner).push(progress));
    stage.session.write(&Stage::cx(), &file).await?;
    has(stage, &path, &content).await?;
    let told = told.lock().unwrap_or_else(PoisonError::into_inner);
    let rising = told.windows(2).all(|pair| pair[0].sent <= pair[1].sent);
    let last = told.last().map(|progress| (progress.sent, progress.total));
    equal("the last that was told", &last, &Some((6_000_000, 6_000_000)))?;
    ensure(rising, "it went backwards")
}

async fn a_file_of_this_machine_is_sent(stage: &Stage<'_>) -> Case {
    let mut own = tempfile::NamedTempFile::new().map_err(|error| format!("{error}"))?;
    std::io::Write::write_all(&mut own, &[7; 200_000]).map_err(|error| format!("{error}"))?;
    let path = stage.path("sent");
    stage.session.write(&Stage::cx(), &WriteFile::new(&*path, own.path().to_owned())).await?;
    has(stage, &path, &[7; 200_000]).await?;
    let missing = WriteFile::new(&*path, own.path().join("no"));
    let error = failed("a missing file", stage.session.write(&Stage::cx(), &missing).await)?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
    has(stage, &path, &[7; 200_000]).await
}

async fn names_are_taken_as_they_are(stage: &Stage<'_>) -> Case {
    for name in [" a b", "'", "$HOME", "*", "-rf", "\\", "é", "a\nb", "`id`", "%s", "~", ".hidden"] {
        let folder = stage.path("names");
        put(stage, &format!("{folder}{name}"), name).await?;
        has(stage, &format!("{folder}{name}"), name.as_bytes()).await?;
        ensure(stage.session.remove(&Stage::cx(), &format!("{folder}{name}")).await?, "it was not removed")?;
    }
    Ok(())
}

async fn what_is_not_there_is_not_found(stage: &Stage<'_>) -> Case {
    let cx = Stage::cx();
    let path = stage.path("missing");
    is(&failed("reading", stage.session.contents(&cx, &path).await)?, ErrorKind::NotFound, &path)?;
    equal("what is there", &stage.session.stat(&cx, &path).await?, &None)?;
    is(&failed("listing", stage.session.list(&cx, &path).await)?, ErrorKind::NotFound, &path)?;
    is(
        &failed("renaming", stage.session.rename(&cx, &path, &stage.path("b")).await)?,
        ErrorKind::NotFound,
        &path,
    )?;
    let below = format!("{path}/below");
    let error = failed("writing below it", stage.session.put(&cx, &below, Bytes::from_static(b"x")).await)?;
    is(&error, ErrorKind::NotFound, &below)?;
    let error = failed("no path", stage.session.contents(&cx, "").await)?;
    equal("the kind", &error.kind(), &ErrorKind::Invalid)
}

async fn a_folder_is_no_file(stage: &Stage<'_>) -> Case {
    let (cx, folder) = (Stage::cx(), stage.subject.folder());
    is(&failed("reading", stage.session.contents(&cx, &folder).await)?, ErrorKind::Invalid, &folder)?;
    let error = failed("writing", stage.session.put(&cx, &folder, Bytes::from_static(b"x")).await)?;
    is(&error, ErrorKind::Invalid, &folder)?;
    let file = stage.path("file");
    put(stage, &file, "x").await?;
    is(&failed("listing a file", stage.session.list(&cx, &file).await)?, ErrorKind::Invalid, &file)?;
    is(
        &failed("renaming to it", stage.session.rename(&cx, &file, &folder).await)?,
        ErrorKind::Invalid,
        &file,
    )?;
    has(stage, &file, b"x").await
}

async fn a_file_that_is_too_long_is_not_read(stage: &Stage<'_>) -> Case {
    let path = stage.path("long");
    put(stage, &path, "0123456789").await?;
    let mut sink = Vec::new();
    let request = ReadFile::new(&*path).at_most(9);
    let error = failed("reading", stage.session.read(&Stage::cx(), &request, &mut sink).await)?;
    is(&error, ErrorKind::Invalid, &path)?;
    stage.session.read(&Stage::cx(), &ReadFile::new(&*path).at_most(10), &mut Vec::new()).await?;
    Ok(())
}

async fn a_path_is_looked_at(stage: &Stage<'_>) -> Case {
    let path = stage.path("looked");
    stage.session.write(&Stage::cx(), &WriteFile::new(&*path, "12345").mode(0o604)).await?;
    let stat = stage.session.stat(&Stage::cx(), &path).await?.ok_or("nothing is there")?;
    equal("what it is", &(stat.kind, stat.size, stat.mode), &(FileKind::File, 5, 0o604))?;
    let folder = stage.session.stat(&Stage::cx(), &stage.subject.folder()).await?.ok_or("no folder")?;
    equal("what it is", &folder.kind, &FileKind::Folder)
}

async fn a_folder_is_listed(stage: &Stage<'_>) -> Case {
    let (first, second) = (stage.path("list"), stage.path("list .x\ny"));
    put(stage, &first, "1").await?;
    put(stage, &second, "22").await?;
    let entries = stage.session.list(&Stage::cx(), &stage.subject.folder()).await?;
    for (path, size) in [(&first, 1), (&second, 2)] {
        let name = path.rsplit('/').next().unwrap_or_default();
        let found = entries.iter().find(|(known, _)| known == name).map(|(_, stat)| stat.size);
        equal(&format!("the size of {name:?}"), &found, &Some(size))?;
    }
    let sorted = entries.windows(2).all(|pair| pair[0].0 < pair[1].0);
    ensure(sorted && entries.iter().all(|(name, _)| name != "." && name != ".."), "it is no list of names")
}

async fn a_new_name_replaces_what_had_it(stage: &Stage<'_>) -> Case {
    let (from, to) = (stage.path("from"), stage.path("to"));
    put(stage, &from, "new").await?;
    put(stage, &to, "old").await?;
    stage.session.rename(&Stage::cx(), &from, &to).await?;
    has(stage, &to, b"new").await?;
    equal("what is left", &stage.session.stat(&Stage::cx(), &from).await?, &None)
}

async fn what_is_removed_is_gone_and_twice_is_no_fault(stage: &Stage<'_>) -> Case {
    let path = stage.path("removed");
    put(stage, &path, "x").await?;
    equal("the first time", &stage.session.remove(&Stage::cx(), &path).await?, &true)?;
    equal("the second time", &stage.session.remove(&Stage::cx(), &path).await?, &false)?;
    equal("what is there", &stage.session.stat(&Stage::cx(), &path).await?, &None)
}

/// There is no verb for making a folder, so the suite's own is used.
async fn a_folder_goes_with_what_is_in_it_when_it_is_told_so(stage: &Stage<'_>) -> Case {
    let folder = format!("{}/sub", stage.subject.folder());
    put(stage, &format!("{folder}/file"), "x").await?;
    let error = failed("removing a folder", stage.session.remove(&Stage::cx(), &folder).await)?;
    is(&error, ErrorKind::Conflict, &folder)?;
    stage.session.file(&Stage::cx(), &FileRequest::remove_all(&*folder)).await?;
    equal("what is there", &stage.session.stat(&Stage::cx(), &folder).await?, &None)
}

async fn what_must_not_be_removed_is_refused(stage: &Stage<'_>) -> Case {
    for path in ["/", "//", ".", "..", "/etc/..", "/etc/.", ""] {
        let request = FileRequest::remove_all(path);
        let error = failed(path, stage.session.file(&Stage::cx(), &request).await)?;
        equal("the kind", &error.kind(), &ErrorKind::Invalid)?;
        equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
    }
    Ok(())
}
