//! From two ends to the commit in between.

use std::path::Path;

use super::{
    Bisect, BisectError, Judgement,
    checkout::{Checkout, Position},
    child::Children,
    evidence::side_by_side,
    git::{Git, short},
    guard::Guard,
    judge::Judge,
    logbook::{Logbook, Record},
    step_name::StepName,
};
use crate::{engine::Interrupt, plan::Scenario};

/// Finds the first bad commit; `folder` gets everything that is kept. What comes
/// back is what is to be printed last.
pub async fn bisect(
    arguments: &Bisect,
    table: &[&'static Scenario],
    interrupt: Interrupt,
    folder: &Path,
) -> Result<String, BisectError> {
    let step = StepName::find(&arguments.judging.step, table)?;
    let clone = folder.join("checkout");
    let children = Children::new(interrupt, Guard::start(Some(&clone))?);
    let found = hunt(arguments, step, &children, folder, &clone).await;
    children.finish().await;
    found
}

async fn hunt(
    arguments: &Bisect,
    step: StepName,
    children: &Children,
    folder: &Path,
    clone: &Path,
) -> Result<String, BisectError> {
    let judge = Judge::new(children, &arguments.judging, step.clone())?;
    let repo = &arguments.repo;
    if !repo.is_dir() {
        let shown = repo.display();
        return Err(BisectError::usage(format!("--repo {shown}: there is no such folder")));
    }
    let repo = Git::new(children, repo);
    repo.objects().await?;
    let good = repo.commit("--good", &arguments.good).await?;
    let bad = repo.commit("--bad", &arguments.bad).await?;
    let checkout = Checkout::of(children, &repo, clone).await?;
    if good == bad || !checkout.is_ancestor(&good, &bad).await? {
        return Err(BisectError::usage(format!(
            "--good {} is no ancestor of --bad {}: there is nothing in between to look at",
            arguments.good, arguments.bad
        )));
    }
    let mut book = Logbook::open(folder)?;
    let between = checkout.distance(&good, &bad).await?;
    book.say(&format!(
        "bisecting {step} from {} (good) to {} (bad), commits to search: {between}",
        short(&good),
        short(&bad)
    ));
    let mut hunt = Hunt { arguments, step, checkout, judge, book, good, bad };
    hunt.run().await
}

struct Hunt<'a> {
    arguments: &'a Bisect,
    step: StepName,
    checkout: Checkout<'a>,
    judge: Judge<'a>,
    book: Logbook,
    good: String,
    bad: String,
}

impl Hunt<'_> {
    async fn run(&mut self) -> Result<String, BisectError> {
        let (good, bad) = (self.good.clone(), self.bad.clone());
        self.check_end(&good, Judgement::Good).await?;
        self.check_end(&bad, Judgement::Bad).await?;
        let first_parent = self.arguments.first_parent;
        let mut position = self.checkout.start(&good, &bad, first_parent).await?;
        loop {
            // At each turn: after an interrupt git is not asked any more.
            self.book.keep("git-bisect.log", &(self.checkout.log().await? + "\n"))?;
            match position {
                Position::At(commit) => {
                    let judgement = self.judge_commit(&commit).await?.0;
                    position = self.checkout.mark(judgement).await?;
                }
                Position::Found(commit) => return self.found(&commit).await,
                Position::Undecided(candidates) => return self.undecided(&candidates),
            }
        }
    }

    /// A bisection between ends that are not what they are said to be finds nothing
    /// that is true.
    async fn check_end(&mut self, commit: &str, wanted: Judgement) -> Result<(), BisectError> {
        self.checkout.visit(commit).await?;
        let (judgement, reason) = self.judge_commit(commit).await?;
        if judgement == wanted {
            return Ok(());
        }
        let (name, step) = (format!("the {} end {}", wanted.as_str(), short(commit)), &self.step);
        Err(match judgement {
            Judgement::Skip => BisectError::cannot_judge(format!(
                "{name} cannot be judged: {reason}; name another commit"
            )),
            Judgement::Bad => BisectError::usage(format!(
                "{name} is bad: {step} fails there too: {reason}; name an earlier commit"
            )),
            Judgement::Good => BisectError::usage(format!(
                "{name} is good: {step} {reason} there; if it fails only sometimes, say --repeat N"
            )),
        })
    }

    async fn judge_commit(&mut self, commit: &str) -> Result<(Judgement, String), BisectError> {
        let subject = self.checkout.describe(commit, "%s").await?;
        let place = self.book.place(commit);
        let judged = self.judge.judge(self.checkout.folder(), commit, &place).await?;
        let told = (judged.judgement, judged.reason.clone());
        self.book.add(commit, &subject, place, judged);
        Ok(told)
    }

    async fn found(&mut self, commit: &str) -> Result<String, BisectError> {
        let shown = "commit   %H%nauthor   %an <%ae>, %ad%nsubject  %s";
        let described = self.checkout.describe(commit, shown).await?;
        let mut text = format!("FOUND  the first bad commit of {}\n{described}\n", self.step);
        text += &format!("step     {}\n", self.step);
        let last_good = self.last_good_before(commit).await?;
        let (good, bad) = (self.book.entry(&last_good), self.book.entry(commit));
        if let (Some(good), Some(bad)) = (good, bad) {
            self.book.point("good", good)?;
            self.book.point("bad", bad)?;
            let evidence = side_by_side(&self.step, good, bad);
            self.book.keep("evidence.txt", &evidence)?;
            text += &format!("\n{evidence}");
        }
        self.record(Some(commit), &[])?;
        Ok(text)
    }

    /// Of the commits that passed, the one nearest to the first bad one.
    async fn last_good_before(&self, bad: &str) -> Result<String, BisectError> {
        let mut nearest = (u64::MAX, self.good.clone());
        for entry in self.book.entries.iter().filter(|entry| entry.judgement == "good") {
            if self.checkout.is_ancestor(&entry.commit, bad).await? {
                let distance = self.checkout.distance(&entry.commit, bad).await?;
                if distance < nearest.0 {
                    nearest = (distance, entry.commit.clone());
                }
            }
        }
        Ok(nearest.1)
    }

    fn undecided(&mut self, candidates: &[String]) -> Result<String, BisectError> {
        self.record(None, candidates)?;
        let shown: Vec<&str> = candidates.iter().map(|commit| short(commit)).collect();
        Err(BisectError::cannot_judge(format!(
            "all commits that are left cannot be judged; the first bad one is one of {}",
            shown.join(", ")
        )))
    }

    fn record(&self, first_bad: Option<&str>, candidates: &[String]) -> Result<(), BisectError> {
        let record = Record {
            schema: 1,
            step: self.step.to_string(),
            good: &self.good,
            bad: &self.bad,
            first_bad,
            candidates,
            commits: &self.book.entries,
        };
        let text = serde_json::to_string_pretty(&record).unwrap_or_default() + "\n";
        self.book.keep("bisect.json", &text)
    }
}
