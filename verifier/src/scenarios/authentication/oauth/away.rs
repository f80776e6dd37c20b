//! GitHub cannot be reached for a while.

use persys_contract::ErrorCode;
use reqwest::Method;

use super::{
    flow::LoggedIn,
    login::{Login, Return, come_back, github, repositories},
};
use crate::{
    context::Context,
    evidence::{Progress, StepError, StepResult},
    probe::ActiveFault,
};

/// The program's name on its machine.
const COMPONENT: &str = "github";

struct Away(ActiveFault);

/// What needs GitHub says so; the rest goes on.
pub async fn unreachable(cx: &mut Context) -> StepResult {
    let login = Login::begin(cx).await?;
    let back = login.approve(cx).await?;
    let bearer = cx.get::<LoggedIn>()?.bearer();
    let machine = github(cx)?.machine().to_owned();
    let away = Away(cx.faults(&machine).stop(COMPONENT).await?);
    let outcome = while_away(cx, &login, &back, &bearer).await;
    if outcome.is_err() {
        // The clean-up needs it.
        return_of(cx, away).await?;
        return outcome;
    }
    cx.put(away);
    Ok(())
}

async fn while_away(cx: &Context, login: &Login, back: &Return, bearer: &str) -> StepResult {
    let away = ErrorCode::GithubUnreachable;
    repositories(cx, Some(bearer)).await?.refused(away)?;
    let answer = come_back(cx, Some(&back.code), Some(&back.state), Some(login.cookie())).await?;
    answer.refused(away)?;
    // A token that is not good is still told so, without asking GitHub.
    repositories(cx, Some("Bearer nonsense")).await?.refused(ErrorCode::BadToken)?;
    Login::begin(cx).await?;
    cx.gateway().nodes().await?.ok()?;
    Ok(())
}

async fn return_of(cx: &Context, away: Away) -> StepResult {
    away.0.heal().await?;
    let github = github(cx)?;
    let started = cx.waiting("GitHub's stand-in answers again").or_error();
    started
        .until(|| async { Progress::from(github.order(Method::GET, "/session", None).await) })
        .await?;
    Ok(())
}

/// Nobody has to log in again.
pub async fn back(cx: &mut Context) -> StepResult {
    let away = cx.take::<Away>()?;
    return_of(cx, away).await?;
    let bearer = cx.get::<LoggedIn>()?.bearer();
    let cx = &*cx;
    cx.wait("repositories are listed again with the token from before", || async {
        match repositories(cx, Some(&bearer)).await {
            Ok(answer) if answer.status == 200 => Progress::Ready(()),
            Ok(answer) if answer.is_refusal(ErrorCode::GithubUnreachable) => {
                Progress::not_yet(answer.to_string())
            }
            Ok(answer) => Progress::Fatal(StepError::failed(answer.to_string())),
            Err(error) => Progress::Fatal(error),
        }
    })
    .await?;
    let login = Login::begin(cx).await?;
    let back = login.approve(cx).await?;
    let answer = come_back(cx, Some(&back.code), Some(&back.state), Some(login.cookie())).await?;
    let mut checks = cx.checks();
    checks.equal("status of a new login", answer.status, 200);
    checks.finish()
}
