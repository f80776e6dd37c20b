//! Faults of components, on real processes.

use persys_faultd::protocol::{Action, ComponentState, Fault};

use crate::world::{TTL, World, code_of, component, seen};

isolated! {
    async fn a_stopped_component_is_started_again() {
        let world = World::new().await;
        let client = world.client();
        let before = world.supervisor.component("etcd").await.pid.unwrap();
        let guard =
            client.inject(Fault::Stop { component: component("etcd") }, TTL).await.unwrap();
        let stopped = client.component("etcd").await.unwrap();
        assert_eq!(stopped.component.state, ComponentState::Stopped);
        assert_eq!(stopped.figures, None);
        assert!(!alive(before));
        let lease = guard.heal().await.unwrap();
        let after = world.supervisor.component("etcd").await;
        assert_eq!(after.state, ComponentState::Ready);
        assert_ne!(after.pid, Some(before));
        assert!(seen(&lease).contains(&format!("process {}", after.pid.unwrap())), "{lease:?}");
    }

    async fn a_killed_component_stays_down_until_healed() {
        let world = World::new().await;
        let client = world.client();
        let guard =
            client.inject(Fault::Kill { component: component("etcd") }, TTL).await.unwrap();
        let killed = world.supervisor.component("etcd").await;
        assert_eq!(killed.state, ComponentState::Exited);
        assert_eq!(killed.exit.as_deref(), Some("signal 9"));
        guard.heal().await.unwrap();
        assert!(world.supervisor.component("etcd").await.state.is_running());
    }

    async fn a_paused_component_goes_on() {
        let world = World::new().await;
        let client = world.client();
        let before = world.supervisor.component("etcd").await.pid.unwrap();
        let guard =
            client.inject(Fault::Pause { component: component("etcd") }, TTL).await.unwrap();
        assert_eq!(state_of(before), 'T');
        guard.heal().await.unwrap();
        assert_ne!(state_of(before), 'T');
        assert_eq!(world.supervisor.component("etcd").await.pid, Some(before));
    }

    async fn what_was_dropped_is_healed_before_anything_else_is_done() {
        let world = World::new().await;
        let client = world.client();
        let pause = || Fault::Pause { component: component("etcd") };
        drop(client.inject(pause(), TTL).await.unwrap());
        drop(client.clone().inject(pause(), TTL).await.unwrap());
        client.act(Action::Restart { component: component("etcd") }).await.unwrap();
        assert!(world.supervisor.component("etcd").await.state.is_running());
    }

    async fn faults_that_make_no_sense_are_refused() {
        let world = World::new().await;
        let client = world.client();
        let stop = |name: &str| Fault::Stop { component: component(name) };
        assert_eq!(code_of(client.inject(stop("nothing"), TTL).await), "unknown_component");
        assert_eq!(code_of(client.inject(stop("persys-faultd"), TTL).await), "bad_request");
        let guard = client.inject(stop("etcd"), TTL).await.unwrap();
        let pause = Fault::Pause { component: component("etcd") };
        assert_eq!(code_of(client.inject(pause.clone(), TTL).await), "conflict");
        let start = Action::Start { component: component("etcd") };
        assert_eq!(code_of(client.act(start).await), "conflict");
        guard.heal().await.unwrap();
        client.act(Action::Kill { component: component("etcd") }).await.unwrap();
        // A component that does not run cannot be paused.
        assert_eq!(code_of(client.inject(pause, TTL).await), "conflict");
    }

    async fn acts_are_not_healed() {
        let world = World::new().await;
        let client = world.client();
        let before = world.supervisor.component("etcd").await.pid;
        let restarted = client.act(Action::Restart { component: component("etcd") }).await.unwrap();
        let restarted = restarted.component.unwrap();
        assert_ne!(restarted.pid, before);
        let stopped = client.act(Action::Stop { component: component("etcd") }).await.unwrap();
        assert_eq!(stopped.component.unwrap().state, ComponentState::Stopped);
        let started = client.act(Action::Start { component: component("etcd") }).await.unwrap();
        assert_eq!(started.component.unwrap().state, ComponentState::Ready);
        let unknown = client.act(Action::Stop { component: component("sshd") }).await;
        assert_eq!(code_of(unknown), "unknown_component");
    }

    async fn figures_are_those_of_the_whole_tree() {
        let world = World::new().await;
        let report = world.client().component("etcd").await.unwrap();
        let figures = report.figures.unwrap();
        // The shell and its `sleep`.
        assert_eq!(figures.processes, 2);
        assert!(figures.threads >= 2 && figures.rss_bytes > 100_000, "{figures:?}");
        assert!(figures.open_fds >= 6, "{figures:?}");
    }

    async fn logs_are_read_on_from_where_one_was() {
        let world = World::new().await;
        let client = world.client();
        let first = client.logs("etcd", 0, 4).await.unwrap();
        assert_eq!((first.text.as_str(), first.next), ("star", 4));
        let end = client.logs("etcd", 0, 0).await.unwrap().size;
        client.act(Action::Restart { component: component("etcd") }).await.unwrap();
        crate::world::until("the log grows", async || {
            client.logs("etcd", end, 1000).await.unwrap().text == "started\n"
        })
        .await;
        assert_eq!(code_of(client.logs("nothing", 0, 1).await), "unknown_component");
        assert_eq!(code_of(client.logs("..%2f..%2fetc%2fpasswd", 0, 1).await), "unknown_component");
    }
}

fn alive(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

fn state_of(pid: u32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(") ").unwrap().1.chars().next().unwrap()
}
