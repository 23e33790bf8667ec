//! What can go wrong.

use std::time::Duration;

/// Something that happens to the bytes of one direction, from an [offset](Self::at) on. Offsets count the bytes
/// that the sender has sent since the connection began.
///
/// A connection that is already beyond the offset of a new fault meets it at once, even while nobody sends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Fault {
    pub(super) kind: Kind,
    pub(super) at: u64,
    pub(super) seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Delay(Duration),
    Close,
    Reset,
    Stall,
    Garbage,
    Inject(usize),
    Pieces(usize),
}

impl Fault {
    fn new(kind: Kind) -> Self {
        Self { kind, at: 0, seed: 0 }
    }

    /// Waits this long before each write.
    pub fn delay(time: Duration) -> Self {
        Self::new(Kind::Delay(time))
    }

    /// Ends the connection in good order (FIN) for both sides; what they still send is thrown away.
    pub fn cut() -> Self {
        Self::new(Kind::Close)
    }

    /// Resets the connection (RST) for both sides. What a side has not taken in by then is lost to it.
    pub fn reset() -> Self {
        Self::new(Kind::Reset)
    }

    /// Silence: nothing more is passed on in this direction, not even the end, and the connection stays open.
    /// When the fault is taken away, what was held back goes on its way.
    pub fn stall() -> Self {
        Self::new(Kind::Stall)
    }

    /// Replaces all bytes from the offset on by random ones.
    pub fn garbage() -> Self {
        Self::new(Kind::Garbage)
    }

    /// Adds this many random bytes, once for each connection.
    pub fn inject(count: usize) -> Self {
        Self::new(Kind::Inject(count))
    }

    /// Passes on at most this many bytes (at least one) with each write. The receiver's system may join them again
    /// before they are read, unless a [delay](Self::delay) keeps them apart.
    pub fn pieces(size: usize) -> Self {
        Self::new(Kind::Pieces(size.max(1)))
    }

    /// Where it begins; 0, the first byte, unless set. A cut at 10 passes ten bytes on.
    pub fn at(mut self, offset: u64) -> Self {
        self.at = offset;
        self
    }

    /// The seed of random bytes; 0 unless set. The same seed gives the same bytes, in each connection.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

/// What becomes of new connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Accept {
    /// They are passed on to the server.
    #[default]
    Forward,
    /// The port is closed.
    Refuse,
    /// They are accepted and wait until this changes; then they are treated as is said then.
    Hold,
    /// They are accepted, and nothing is ever read, said or ended.
    Ignore,
}
