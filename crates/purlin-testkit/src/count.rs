//! How often a test repeats itself.

/// Set to `1` for a run with all counts.
const LONG: &str = "PURLIN_LONG";

/// `long` where `PURLIN_LONG` is `1`, as in `cargo xtask test --long`, else `short`: for rounds of a leak test, steps
/// between byte offsets, cases. The code is the same in both.
///
/// ```
/// for offset in (0..400).step_by(purlin_testkit::count(7, 1)) {
///     // Cut a connection there.
/// #   assert!(offset < 400);
/// }
/// ```
pub fn count<N>(short: N, long: N) -> N {
    let is_long = std::env::var_os(LONG).is_some_and(|value| value == "1");
    if is_long { long } else { short }
}
