//! What databases cost through purlin: the pool, and the drivers beside what they are built on.

#[path = "db/pool.rs"]
mod pool;

fn main() -> std::io::Result<()> {
    pool::run()
}
