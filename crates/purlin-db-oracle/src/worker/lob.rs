//! Large values, piece by piece.

use super::Worker;
use super::run::lent;
use crate::fault::{invalid, lost};
use crate::guarded::guarded;
use crate::parameters;
use oracledb::Lob;
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::Value;
use std::io;
use tokio::sync::mpsc;

/// About so many bytes come with one question.
const PIECE: usize = 48 * 1024;
/// The most bytes of UTF-8 for one of the units in which Oracle counts characters.
const UNIT: usize = 3;

impl Worker {
    /// Reads the large value in the first column of the first row. Stops where nobody takes the pieces any more.
    pub(crate) fn read_lob(
        &mut self,
        sql: &str,
        parameters: &[Value],
        pieces: &mpsc::Sender<Vec<u8>>,
    ) -> Result<()> {
        let bound = parameters::bound(parameters)?;
        let statement =
            self.drive(|connection| connection.statement(sql)?.fetch_lobs().exclude_from_cache().build())?;
        if !statement.is_query() {
            return Err(invalid("a large value is read by a query"));
        }
        let mut cursor = self.drive(|_| statement.query(&lent(&bound)))?;
        let read = match self.next(&mut cursor) {
            Ok(Some(mut row)) => match guarded(|| row.take::<Option<Lob>>(0)) {
                Ok(Ok(Some(lob))) => self.pieces_of(lob, pieces),
                Ok(Ok(None)) => Err(missing("the value is NULL")),
                Ok(Err(_)) => Err(invalid("the first column is no CLOB, NCLOB, BLOB or BFILE")),
                Err(text) => Err(self.breaks(&text)),
            },
            Ok(None) => Err(missing("there is no such row")),
            Err(error) => Err(error),
        };
        match guarded(move || drop(cursor)) {
            Ok(()) => read,
            Err(text) => Err(self.breaks(&text)),
        }
    }

    fn pieces_of(&mut self, mut lob: Lob, pieces: &mpsc::Sender<Vec<u8>>) -> Result<()> {
        loop {
            let piece = match guarded(|| piece(&mut lob)) {
                Ok(Ok(piece)) => piece,
                Ok(Err(error)) => {
                    let told = Error::new(ErrorKind::Protocol, format!("the driver: {error}"));
                    return Err(self.shared.line.fault().unwrap_or_else(|| told.with_outcome(Outcome::Sent)));
                }
                Err(text) => {
                    // Its destructor goes on with the driver's state, too.
                    std::mem::forget(lob);
                    return Err(self.breaks(&text));
                }
            };
            if piece.is_empty() {
                return Ok(());
            }
            if pieces.blocking_send(piece).is_err() {
                return Err(lost("nobody takes the pieces any more"));
            }
        }
    }
}

/// The next piece; empty at the end.
fn piece(lob: &mut impl io::Read) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; PIECE];
    let size = match lob.read(&mut piece) {
        // A character of two units lies across the end of the piece: the driver has not moved on.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => lob.read(&mut piece[..PIECE - UNIT])?,
        read => read?,
    };
    piece.truncate(size);
    Ok(piece)
}

fn missing(message: &'static str) -> Error {
    Error::new(ErrorKind::NotFound, message).with_outcome(Outcome::Sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the driver's: a piece that would end within a character is refused, and read again from where it began.
    struct Text(Vec<u16>);

    impl io::Read for Text {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let units = (into.len() / UNIT).min(self.0.len());
            let text = String::from_utf16(&self.0[..units]);
            let text = text.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            into[..text.len()].copy_from_slice(text.as_bytes());
            self.0.drain(..units);
            Ok(text.len())
        }
    }

    #[test]
    fn a_character_across_the_end_of_a_piece_comes_with_the_next() {
        for before in 0..3 {
            let all = format!("{}{}", "a".repeat(before), "🦀".repeat(30_000));
            let (mut text, mut read) = (Text(all.encode_utf16().collect()), Vec::new());
            loop {
                match piece(&mut text).unwrap() {
                    piece if piece.is_empty() => break,
                    piece => read.extend(piece),
                }
            }
            assert!(read == all.as_bytes(), "{before}: {} bytes of {}", read.len(), all.len());
        }
        let broken = Text(vec![0xd800; 9]);
        assert_eq!(piece(&mut { broken }).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
