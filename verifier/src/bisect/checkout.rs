//! A clone of the platform's repository in which git bisects.

use std::path::Path;

use super::{
    BisectError, Judgement,
    child::Children,
    git::{Git, Said},
};

/// The user's own repository, its worktree and its refs are only read.
pub struct Checkout<'a> {
    git: Git<'a>,
}

/// Where git stands.
#[derive(Debug, PartialEq, Eq)]
pub enum Position {
    /// At a commit that is to be judged.
    At(String),
    /// Done: the first bad commit.
    Found(String),
    /// All that is left was skipped; the first bad commit is one of these.
    Undecided(Vec<String>),
}

impl<'a> Checkout<'a> {
    /// Clones `repo`, sharing its objects, to `folder`.
    pub async fn of(
        children: &'a Children,
        repo: &Git<'_>,
        folder: &Path,
    ) -> Result<Self, BisectError> {
        let source = repo.objects().await?;
        let words = ["clone", "--quiet", "--shared", "--no-checkout", "--no-tags", "--", &source];
        let words = words.map(Into::into).into_iter().chain([folder.as_os_str().to_owned()]);
        repo.ask(&format!("clone {source}"), words).await?;
        Ok(Self { git: Git::new(children, folder) })
    }

    pub fn folder(&self) -> &Path {
        self.git.folder()
    }

    /// Puts a commit into place, outside of the bisection.
    pub async fn visit(&self, commit: &str) -> Result<(), BisectError> {
        let words = ["checkout", "--quiet", "--force", "--detach", commit];
        self.git.ask(&format!("check out {commit}"), words).await?;
        self.tidy().await
    }

    pub async fn start(
        &self,
        good: &str,
        bad: &str,
        first_parent: bool,
    ) -> Result<Position, BisectError> {
        let option = first_parent.then_some("--first-parent");
        let words = ["bisect", "start"].into_iter().chain(option).chain([bad, good]);
        let said = self.git.say(words).await?;
        self.position(&said).await
    }

    /// Tells git of the commit that it has put into place.
    pub async fn mark(&self, judgement: Judgement) -> Result<Position, BisectError> {
        self.tidy().await?;
        let said = self.git.say(["bisect", judgement.as_str()]).await?;
        self.position(&said).await
    }

    /// What git has noted, for `git bisect replay`.
    pub async fn log(&self) -> Result<String, BisectError> {
        self.git.ask("read git's log of the bisection", ["bisect", "log"]).await
    }

    /// One field of a commit, as `git log` formats it.
    pub async fn describe(&self, commit: &str, format: &str) -> Result<String, BisectError> {
        let format = format!("--format={format}");
        let words = ["show", "--no-patch", &format, commit];
        self.git.ask(&format!("describe {commit}"), words).await
    }

    /// How many commits there are between two.
    pub async fn distance(&self, from: &str, to: &str) -> Result<u64, BisectError> {
        let words = ["rev-list", "--count", &format!("{from}..{to}")];
        let count = self.git.ask("count commits", words).await?;
        Ok(count.parse().unwrap_or(u64::MAX))
    }

    pub async fn is_ancestor(&self, earlier: &str, later: &str) -> Result<bool, BisectError> {
        Ok(self.git.say(["merge-base", "--is-ancestor", earlier, later]).await?.ok)
    }

    /// Undoes what a build did to files of the repository. What the repository
    /// ignores stays, so that the next build is quick.
    async fn tidy(&self) -> Result<(), BisectError> {
        self.git.ask("tidy up the checkout", ["reset", "--hard", "--quiet"]).await?;
        self.git.ask("tidy up the checkout", ["clean", "-ffdq"]).await.map(drop)
    }

    async fn position(&self, said: &Said) -> Result<Position, BisectError> {
        if let Some(position) = conclusion(&said.out) {
            return Ok(position);
        }
        if !said.ok {
            let why = format!("{}{}", said.out, said.err);
            return Err(BisectError::environment(format!("git bisect failed: {}", why.trim())));
        }
        let head = self.git.ask("find out where git is", ["rev-parse", "HEAD"]).await?;
        Ok(Position::At(head))
    }
}

fn conclusion(out: &str) -> Option<Position> {
    let is_id = |word: &str| word.len() >= 40 && word.chars().all(|c| c.is_ascii_hexdigit());
    if out.contains("only 'skip'ped commits left to test") {
        let ids = out.lines().map(str::trim).filter(|line| is_id(line));
        return Some(Position::Undecided(ids.map(str::to_owned).collect()));
    }
    out.lines().find_map(|line| {
        let id = line.strip_suffix(" is the first bad commit")?;
        is_id(id).then(|| Position::Found(id.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_s_last_word_is_understood() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let found = format!("{id} is the first bad commit\ncommit {id}\nAuthor: x\n");
        assert_eq!(conclusion(&found), Some(Position::Found(id.to_owned())));
        let left = format!(
            "There are only 'skip'ped commits left to test.\nThe first bad commit could be any of:\n{id}\nWe cannot bisect more!\n"
        );
        assert_eq!(conclusion(&left), Some(Position::Undecided(vec![id.to_owned()])));
        assert_eq!(conclusion("Bisecting: 3 revisions left to test after this\n"), None);
    }
}
