use super::*;

fn order() -> DockerRun {
    DockerRun {
        workload_id: "w-1".into(),
        name: "w-1".into(),
        display_name: "shop".into(),
        image: "persys-test/web:1".into(),
        ..DockerRun::default()
    }
}

fn body(order: DockerRun) -> ContainerCreateBody {
    ContainerSpec::from_order(order, "node-a").unwrap().create_body()
}

fn words(command: &str) -> Option<Vec<String>> {
    body(DockerRun { command: Some(command.into()), ..order() }).cmd
}

fn refused(order: DockerRun) -> &'static str {
    ContainerSpec::from_order(order, "node-a").unwrap_err().field
}

#[test]
fn a_container_bears_the_three_labels() {
    let labels = body(order()).labels.unwrap();
    assert_eq!(labels.len(), 3);
    assert_eq!(labels["workloadId"], "w-1");
    assert_eq!(labels["displayName"], "shop");
    assert_eq!(labels["persys.node"], "node-a");
}

#[test]
fn a_command_is_split_as_a_posix_shell_would_and_not_expanded() {
    assert_eq!(
        words(r#"sh -c 'echo "$HOME"; sleep 1' a\ b "" ;"#).unwrap(),
        ["sh", "-c", r#"echo "$HOME"; sleep 1"#, "a b", "", ";"]
    );
    assert_eq!(words("a 'it'\\''s'").unwrap(), ["a", "it's"]);
    assert_eq!(words("echo $(id) `id` * ~").unwrap(), ["echo", "$(id)", "`id`", "*", "~"]);
}

#[test]
fn a_blank_command_leaves_the_image_s_own() {
    assert_eq!(words(""), None);
    assert_eq!(words("  \t"), None);
}

#[test]
fn an_unclosed_quote_is_refused() {
    assert_eq!(refused(DockerRun { command: Some("sh -c 'x".into()), ..order() }), "command");
}

#[test]
fn ports_are_published_on_every_address_with_their_protocol() {
    let ports = vec!["8080:80".into(), "8081:80".into(), "5353:53/udp".into()];
    let body = body(DockerRun { ports, ..order() });
    let mut exposed = body.exposed_ports.unwrap();
    exposed.sort();
    assert_eq!(exposed, ["53/udp", "80/tcp"]);
    let bindings = body.host_config.unwrap().port_bindings.unwrap();
    let hosts = |key: &str| -> Vec<_> {
        let list = bindings[key].clone().unwrap();
        list.into_iter().map(|b| (b.host_ip.unwrap(), b.host_port.unwrap())).collect()
    };
    let any = || "0.0.0.0".to_owned();
    assert_eq!(hosts("80/tcp"), [(any(), "8080".into()), (any(), "8081".into())]);
    assert_eq!(hosts("53/udp"), [(any(), "5353".into())]);
}

#[test]
fn the_restart_policy_is_the_order_s_and_no_without_one() {
    let policy = |restart_policy| {
        let host = body(DockerRun { restart_policy, ..order() }).host_config.unwrap();
        host.restart_policy.unwrap().name.unwrap().to_string()
    };
    assert_eq!(policy(None), "no");
    for wanted in [RestartPolicy::No, RestartPolicy::Always, RestartPolicy::OnFailure] {
        assert_eq!(policy(Some(wanted)), wanted.as_str());
    }
    assert_eq!(policy(Some(RestartPolicy::UnlessStopped)), "unless-stopped");
}

#[test]
fn environment_volumes_and_network_are_handed_over() {
    let body = body(DockerRun {
        env: BTreeMap::from([("A".into(), "1=2".into()), ("B".into(), String::new())]),
        volumes: vec!["/srv:/data:ro".into()],
        network: Some("host".into()),
        ..order()
    });
    assert_eq!(body.env.unwrap(), ["A=1=2", "B="]);
    let host = body.host_config.unwrap();
    assert_eq!(host.binds.unwrap(), ["/srv:/data:ro"]);
    assert_eq!(host.network_mode.unwrap(), "host");
}

#[test]
fn an_image_without_tag_means_latest() {
    assert_eq!(with_tag("web".into()), "web:latest");
    assert_eq!(with_tag("host:5000/web".into()), "host:5000/web:latest");
    assert_eq!(with_tag("host:5000/web:1".into()), "host:5000/web:1");
    assert_eq!(with_tag("web@sha256:00".into()), "web@sha256:00");
}

#[test]
fn what_cannot_be_used_is_refused_with_the_field() {
    assert_eq!(refused(DockerRun { workload_id: String::new(), ..order() }), "workloadId");
    assert_eq!(refused(DockerRun { workload_id: "../x".into(), ..order() }), "workloadId");
    assert_eq!(refused(DockerRun { name: "other".into(), ..order() }), "name");
    assert_eq!(refused(DockerRun { image: String::new(), ..order() }), "image");
    assert_eq!(refused(DockerRun { ports: vec!["80".into()], ..order() }), "ports");
    assert_eq!(refused(DockerRun { volumes: vec!["/data".into()], ..order() }), "volumes");
    let env = BTreeMap::from([("A=B".into(), "1".into())]);
    assert_eq!(refused(DockerRun { env, ..order() }), "env");
}
