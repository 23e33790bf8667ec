//! What a session is fit for: a machine without I/O.

/// What a session is fit for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionState {
    /// Ready, outside a transaction.
    Idle,
    /// Ready, within a transaction.
    InTransaction,
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
    /// The answer goes on, or it is not certain that it does not.
    Unread,
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
    /// Roll the transaction back to that depth; 0 ends it.
    RollBack(u32),
    /// Refuse: there is no way.
    Refuse,
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
#[derive(Debug, Default)]
pub(crate) struct Machine {
    phase: Phase,
    /// 0 outside a transaction, 1 in one, one more for each savepoint.
    depth: u32,
    /// The depth to which dropped transactions have to be rolled back.
    owed: Option<u32>,
}

impl Machine {
    pub(crate) fn state(&self) -> SessionState {
        match (self.phase, self.owed, self.depth) {
            (Phase::Broken, ..) => SessionState::Closed,
            (Phase::Busy, ..) => SessionState::Interrupted,
            (Phase::Unproven, ..) | (_, Some(_), _) => SessionState::Unsettled,
            (Phase::Ready, None, 0) => SessionState::Idle,
            (Phase::Ready, None, _) => SessionState::InTransaction,
        }
    }

    /// What has to happen before a call; `survives` says whether the driver recovers from dropped futures.
    pub(crate) fn next(&self, survives: bool) -> Step {
        match (self.phase, self.owed) {
            (Phase::Broken, _) => Step::Refuse,
            (Phase::Busy, _) if !survives => Step::Refuse,
            (Phase::Busy | Phase::Unproven, _) => Step::Recover,
            (Phase::Ready, Some(depth)) => Step::RollBack(depth),
            (Phase::Ready, None) => Step::Go,
        }
    }

    /// A call begins: before its first await.
    pub(crate) fn begins(&mut self) {
        self.phase = Phase::Busy;
    }

    pub(crate) fn ends(&mut self, end: End) {
        self.phase = match end {
            End::Clean => Phase::Ready,
            End::Unread => Phase::Unproven,
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
        self.depth
    }

    /// A transaction or savepoint was opened, or closed down to that depth.
    pub(crate) fn at_depth(&mut self, depth: u32) {
        self.depth = depth;
        self.owed = self.owed.filter(|owed| *owed < depth);
    }

    /// A transaction was dropped while it was open: it is rolled back to this depth before anything else.
    pub(crate) fn owes(&mut self, depth: u32) {
        self.owed = Some(self.owed.map_or(depth, |owed| owed.min(depth)));
    }
}
