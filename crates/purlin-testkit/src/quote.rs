//! What errors quote of a program's output.

/// The end of a long output says why; more than this hides it again.
const LINES: usize = 30;

/// The last lines of a text, below a line that names it.
pub(crate) fn end(what: &str, text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(LINES);
    match &lines[from..] {
        [] => format!("{what} is empty"),
        last if from == 0 => format!("{what}:\n{}", last.join("\n")),
        last => format!("{what}, the last {LINES} lines:\n{}", last.join("\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_what_is_quoted() {
        assert_eq!(end("its log", ""), "its log is empty");
        assert_eq!(end("its log", "a\nb\n"), "its log:\na\nb");
        let long: String = (1..=100).map(|line| format!("{line}\n")).collect();
        let quoted = end("its log", &long);
        assert!(quoted.starts_with("its log, the last 30 lines:\n71\n"), "{quoted}");
        assert!(quoted.ends_with("\n100"), "{quoted}");
    }
}
