//! What a session is fit for: a machine without I/O.

#[cfg(test)]
mod tests;

/// What a session is fit for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionState {
    /// Ready, outside a transaction.
    Idle,
    /// Ready, within a transaction.
    InTransaction,
    /// Within a transaction that can only be rolled back: it lost against another one, the server ended it, or it is
    /// not known how much of it is left.
    Aborted,
    /// The next call has to bring it into order first: rows were left unread, a statement was cancelled, a
    /// transaction was dropped.
    Unsettled,
    /// A call on it was dropped before its end.
    Interrupted,
    /// Of no more use.
    Closed,
}

/// How a call ended, as far as the session is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The whole answer was read.
    Clean,
    /// So it was, and it says that the transaction around it is lost.
    Aborted,
    /// The answer goes on, or it is not certain that it does not.
    Unread,
    /// The call was left before its end.
    Left,
    /// The connection is not to be trusted any more.
    Broken,
}

/// What has to happen before the next statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing.
    Go,
    /// [`recover`](crate::Connection::recover).
    Recover,
    /// Roll the whole transaction back.
    RollBack,
    /// Roll back to the savepoint of that number.
    RollBackTo(u32),
    /// Refuse: the session is of no more use.
    Spent,
    /// Refuse: the transaction is lost, whatever the server has done with it.
    Aborted,
    /// Refuse: the server says that it has ended the transaction.
    Ended,
}

/// What is known of the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Server {
    /// The driver recovers from dropped futures.
    pub(crate) survives: bool,
    /// What it said of a transaction in its last answer.
    pub(crate) in_transaction: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    #[default]
    Ready,
    Busy,
    Unproven,
    Broken,
}

/// Events come in, the next step comes out; the session does the I/O.
///
/// Depth 0 is outside a transaction, 1 in one, one more for each savepoint.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    phase: Phase,
    begun: bool,
    /// The numbers of the open savepoints. No number is used twice: an older savepoint of the same name would take
    /// the work in between with it.
    savepoints: Vec<u32>,
    last_savepoint: u32,
    /// The depth to which dropped transactions have to be rolled back.
    owed: Option<u32>,
    aborted: bool,
}

impl Machine {
    pub(crate) fn state(&self, server: Server) -> SessionState {
        match (self.phase, self.next(server)) {
            (Phase::Broken, _) => SessionState::Closed,
            (Phase::Busy, _) => SessionState::Interrupted,
            (_, Step::Aborted | Step::Ended) => SessionState::Aborted,
            (_, Step::Go) if self.begun || server.in_transaction == Some(true) => SessionState::InTransaction,
            (_, Step::Go) => SessionState::Idle,
            _ => SessionState::Unsettled,
        }
    }

    /// What has to happen before a call.
    pub(crate) fn next(&self, server: Server) -> Step {
        match (self.phase, self.owed) {
            (Phase::Broken, _) => Step::Spent,
            (Phase::Busy, _) if !server.survives => Step::Spent,
            (Phase::Busy | Phase::Unproven, _) => Step::Recover,
            (Phase::Ready, Some(0)) => Step::RollBack,
            (Phase::Ready, _) if self.aborted => Step::Aborted,
            (Phase::Ready, _) if self.begun && server.in_transaction == Some(false) => Step::Ended,
            (Phase::Ready, Some(depth)) => match self.savepoint(depth + 1) {
                Some(number) => Step::RollBackTo(number),
                None => Step::RollBack,
            },
            (Phase::Ready, None) => Step::Go,
        }
    }

    /// A call begins: before its first await.
    #[inline]
    pub(crate) fn begins(&mut self) {
        if self.phase != Phase::Broken {
            self.phase = Phase::Busy;
        }
    }

    #[inline]
    pub(crate) fn ends(&mut self, end: End) {
        if self.phase == Phase::Broken {
            return;
        }
        self.aborted |= end == End::Aborted && self.begun;
        self.phase = match end {
            End::Clean | End::Aborted => Phase::Ready,
            End::Unread => Phase::Unproven,
            End::Left => Phase::Busy,
            End::Broken => Phase::Broken,
        };
    }

    /// Somebody used the raw connection.
    pub(crate) fn touched(&mut self) {
        if self.phase == Phase::Ready {
            self.phase = Phase::Unproven;
        }
    }

    pub(crate) fn depth(&self) -> u32 {
        u32::from(self.begun) + self.savepoints.len() as u32
    }

    /// A transaction is about to be begun: owed from now on, since a future that is dropped may have begun it.
    pub(crate) fn begin_is_sent(&mut self) {
        self.begun = true;
        self.owed = Some(0);
    }

    /// It was begun, and somebody holds it.
    pub(crate) fn has_begun(&mut self) {
        self.owed = None;
    }

    /// The number of the next savepoint. Asking the server for one owes nothing yet: a savepoint that nobody goes
    /// back to does no harm.
    pub(crate) fn savepoint_is_sent(&mut self) -> u32 {
        self.last_savepoint += 1;
        self.last_savepoint
    }

    pub(crate) fn has_savepoint(&mut self, number: u32) {
        if self.begun {
            self.savepoints.push(number);
        }
    }

    /// The savepoint in which that level began; none for a transaction.
    pub(crate) fn savepoint(&self, level: u32) -> Option<u32> {
        self.savepoints.get((level as usize).checked_sub(2)?).copied()
    }

    /// All above that depth is over: committed, released or rolled back.
    pub(crate) fn is_down_to(&mut self, depth: u32) {
        self.savepoints.truncate((depth as usize).saturating_sub(1));
        self.owed = self.owed.filter(|owed| *owed < depth);
        if depth == 0 {
            self.begun = false;
            self.aborted = false;
        }
    }

    /// A transaction was dropped while it was open: it is rolled back to this depth before anything else.
    pub(crate) fn owes(&mut self, depth: u32) {
        if depth < self.depth() {
            self.owed = Some(self.owed.map_or(depth, |owed| owed.min(depth)));
        }
    }

    /// Whatever is open is to be rolled back, also what a statement's text began.
    pub(crate) fn owes_all(&mut self, server: Server) {
        if self.begun || server.in_transaction == Some(true) {
            self.owed = Some(0);
        }
    }

    /// What is owed was done.
    pub(crate) fn has_rolled_back(&mut self) {
        if let Some(depth) = self.owed.take() {
            self.is_down_to(depth);
        }
    }

    /// There is no such savepoint any more: how much of the transaction is left, nobody knows.
    pub(crate) fn cannot_roll_back_to(&mut self) {
        self.owed = None;
        self.aborted = true;
    }
}
