//! What test workloads run.

/// A command that does `first` and then stays until SIGTERM, which ends it at
/// once: the first process of a container ignores a signal that it does not
/// handle, and an orderly stop would take Docker's ten seconds of grace.
pub fn ends_on_sigterm(first: &str) -> String {
    format!("sh -c 'trap \"exit 143\" TERM; {first}; while true; do sleep 1 & wait $!; done'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posix_shell_splits_it_into_three_words() {
        let words = shlex::split(&ends_on_sigterm("echo a")).unwrap();
        assert_eq!(words[..2], ["sh", "-c"]);
        assert_eq!(words.len(), 3);
        assert!(words[2].starts_with("trap \"exit 143\" TERM; echo a;"));
    }
}
