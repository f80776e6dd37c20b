//! GitHub cannot be reached for a while.

use persys_contract::ErrorCode;

use super::{
    flow::LoggedIn,
    login::{Login, come_back, github, repositories},
};
use crate::{
    engine::{Context, Progress, StepError, StepResult},
    probe::ActiveFault,
};

/// The program's name on its machine.
const COMPONENT: &str = "github";

struct Away(ActiveFault);

/// What needs GitHub says so; the rest goes on.
pub async fn unreachable(cx: &mut Context) -> StepResult {
    let (github, login) = (github(cx)?, Login::begin(cx).await?);
    let back = login.approve(cx).await?;
    let fault = cx.probes().faults(github.machine()).stop(COMPONENT).await?;
    cx.put(Away(fault));
    let bearer = cx.get::<LoggedIn>()?.bearer();
    let away = ErrorCode::GithubUnreachable;
    repositories(cx, Some(&bearer)).await?.refused(away)?;
    let answer = come_back(cx, Some(&back.code), Some(&back.state), Some(login.cookie())).await?;
    answer.refused(away)?;
    // A token that is not good is still told so, without asking GitHub.
    repositories(cx, Some("Bearer nonsense")).await?.refused(ErrorCode::BadToken)?;
    Login::begin(cx).await?;
    cx.gateway().nodes().await?.ok()?;
    Ok(())
}

/// Nobody has to log in again.
pub async fn back(cx: &mut Context) -> StepResult {
    cx.take::<Away>()?.0.heal().await?;
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
