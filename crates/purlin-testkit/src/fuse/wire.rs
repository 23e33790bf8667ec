//! As much of the kernel's protocol (`linux/fuse.h`, version 7.31) as an empty folder needs.

const LOOKUP: u32 = 1;
const FORGET: u32 = 2;
const GETATTR: u32 = 3;
const STATFS: u32 = 17;
const INIT: u32 = 26;
const OPENDIR: u32 = 27;
const READDIR: u32 = 28;
const RELEASEDIR: u32 = 29;
const INTERRUPT: u32 = 36;
const BATCH_FORGET: u32 = 42;

const ENOENT: i32 = 2;
const ENOSYS: i32 = 38;

/// The header of an answer: length, error, number.
const HEADER: usize = 16;

/// What the kernel asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    kind: u32,
    number: u64,
}

impl Request {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let kind = u32::from_ne_bytes(bytes.get(4..8)?.try_into().ok()?);
        let number = u64::from_ne_bytes(bytes.get(8..16)?.try_into().ok()?);
        Some(Self { kind, number })
    }

    pub(super) fn wants_an_answer(self) -> bool {
        !matches!(self.kind, FORGET | BATCH_FORGET | INTERRUPT)
    }

    pub(super) fn answer(self) -> Option<Vec<u8>> {
        let body = match self.kind {
            FORGET | BATCH_FORGET | INTERRUPT => return None,
            INIT => Ok(init()),
            GETATTR => Ok(attributes()),
            STATFS => Ok(room()),
            OPENDIR => Ok(vec![0; 16]),
            READDIR | RELEASEDIR => Ok(Vec::new()),
            LOOKUP => Err(ENOENT),
            _ => Err(ENOSYS),
        };
        let (error, body) = body.map_or_else(|error| (-error, Vec::new()), |body| (0, body));
        let mut answer = Vec::with_capacity(HEADER + body.len());
        answer.extend(u32::try_from(HEADER + body.len()).unwrap_or(0).to_ne_bytes());
        answer.extend(error.to_ne_bytes());
        answer.extend(self.number.to_ne_bytes());
        answer.extend(body);
        Some(answer)
    }
}

/// `fuse_init_out`: version 7.31, no further abilities.
fn init() -> Vec<u8> {
    let mut body = vec![0; 64];
    put(&mut body, 0, &7_u32.to_ne_bytes());
    put(&mut body, 4, &31_u32.to_ne_bytes());
    put(&mut body, 20, &65_536_u32.to_ne_bytes());
    body
}

/// `fuse_attr_out` of an empty folder, which may not be kept: each question comes anew.
fn attributes() -> Vec<u8> {
    let mut body = vec![0; 104];
    put(&mut body, 16, &1_u64.to_ne_bytes());
    put(&mut body, 76, &0o40_755_u32.to_ne_bytes());
    put(&mut body, 80, &2_u32.to_ne_bytes());
    put(&mut body, 96, &4096_u32.to_ne_bytes());
    body
}

/// `fuse_statfs_out`: 1,000 blocks of 4 KiB, 250 of them free.
fn room() -> Vec<u8> {
    let mut body = vec![0; 80];
    for (at, number) in [(0, 1000_u64), (8, 250), (16, 250), (24, 100), (32, 90)] {
        put(&mut body, at, &number.to_ne_bytes());
    }
    for (at, number) in [(40, 4096_u32), (44, 255), (48, 4096)] {
        put(&mut body, at, &number.to_ne_bytes());
    }
    body
}

fn put(body: &mut [u8], at: usize, bytes: &[u8]) {
    body[at..at + bytes.len()].copy_from_slice(bytes);
}
