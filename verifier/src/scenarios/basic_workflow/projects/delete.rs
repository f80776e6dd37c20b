//! Deleted projects leave nothing behind.

use persys_contract::StoreKeys;

use super::{cloned::GitRepo, composed::ComplexApp, containers::Handed, private::Private};
use crate::{
    context::{Checks, Context},
    evidence::{Progress, StepResult},
    scenarios::support::until_gone,
};

pub async fn leave_nothing(cx: &mut Context) -> StepResult {
    let app = cx.get::<ComplexApp>()?.handed.clone();
    let repo = cx.get::<GitRepo>()?.handed.clone();
    let (private, token) = {
        let private = cx.get::<Private>()?;
        (private.handed.clone(), private.token.clone())
    };
    let mut projects = Vec::new();
    let mut checks = cx.checks();
    for handed in [&app, &repo, &private] {
        projects.push((handed, handed.project(cx).await?));
        there_is(cx, &mut checks, handed).await?;
    }
    checks.finish()?;
    for handed in [&app, &private] {
        let exchange = cx.gateway().delete(&handed.id).await?;
        let mut checks = cx.checks();
        checks.equal(&format!("status of DELETE of {}", handed.name), exchange.status, 202);
        checks.finish()?;
    }
    cx.cli().run(["workload", "delete", &repo.id]).await?.ok()?;
    for (handed, project) in &projects {
        until_gone(cx, &handed.id).await?;
        let docker = cx.docker(&handed.node);
        cx.wait(format!("no network and no volume of {} is left", handed.name), || async {
            match docker.belongings(project).await {
                Ok(left) if left.is_empty() => Progress::Ready(()),
                Ok(left) => Progress::not_yet(left.join(", ")),
                Err(error) => Progress::unanswered(error),
            }
        })
        .await?;
    }
    let entries = cx.etcd().list("").await?;
    let with_token: Vec<_> = entries
        .iter()
        .filter(|entry| String::from_utf8_lossy(&entry.value).contains(&token))
        .map(|entry| entry.key.as_str())
        .collect();
    let mut checks = cx.checks();
    checks.equal("keys in etcd with the token", with_token, Vec::<&str>::new());
    checks.finish()
}

/// What is to go is there before.
async fn there_is(cx: &Context, checks: &mut Checks, handed: &Handed) -> StepResult {
    let record = cx.etcd().get(&StoreKeys::workload(&handed.id)).await?;
    checks.some(&format!("record of {} before", handed.name), record);
    let project = handed.project(cx).await?;
    let belongings = cx.docker(&handed.node).belongings(&project).await?;
    checks.is_true(
        &format!("{} has networks before", handed.name),
        !belongings.is_empty(),
        "it has none: nothing would be shown",
    );
    Ok(())
}
