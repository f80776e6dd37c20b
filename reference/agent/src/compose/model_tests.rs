use super::*;

const RESOLVED: &str = r#"
networks:
  default: {}
services:
  db:
    healthcheck:
      test: "true"
    image: db:1
    restart: always
  idle:
    image: tool:1
    profiles:
    - debug
  job:
    image: job:1
    restart: "no"
  migrate:
    build:
      context: /srv/app
    image: migrate:1
  web:
    command:
    - httpd
    depends_on:
      db:
        condition: service_started
      migrate:
        condition: service_completed_successfully
    environment:
      PRICE: 5$$
    image: web:1
    ports:
    - published: 8080
      target: 80
    scale: 2
version: '3.9'
"#;

fn service(name: &str, image: Option<&str>, containers: u64, run_once: bool) -> Service {
    Service { name: name.into(), image: image.map(str::to_owned), containers, run_once }
}

#[test]
fn services_are_read_with_what_becomes_of_them() {
    let model = Model::read(RESOLVED, "").unwrap();
    assert_eq!(model.version.as_deref(), Some("3.9"));
    assert_eq!(
        model.services,
        [
            service("db", Some("db:1"), 1, false),
            service("job", Some("job:1"), 1, true),
            service("migrate", None, 1, true),
            service("web", Some("web:1"), 2, false),
        ]
    );
    assert_eq!(model.idle, ["idle"]);
}

#[test]
fn a_profile_that_is_asked_for_brings_its_services() {
    for profiles in ["debug", "other, debug", "*"] {
        let model = Model::read(RESOLVED, profiles).unwrap();
        assert!(model.idle.is_empty(), "{profiles}");
        assert!(model.services.contains(&service("idle", Some("tool:1"), 1, false)));
    }
}

#[test]
fn replicas_count_as_the_program_counts_them() {
    let containers = |definition: &str| {
        let text = format!("services:\n  web:\n    image: web:1\n{definition}");
        Model::read(&text, "").unwrap().services[0].containers
    };
    assert_eq!(containers("    deploy:\n      replicas: 3\n"), 3);
    assert_eq!(containers("    deploy:\n      mode: global\n"), 1);
    assert_eq!(containers("    depends_on:\n    - db\n"), 1);
}

#[test]
fn what_has_no_services_is_no_project() {
    for text in ["services: {}", "version: '1'", "services:\n  a: {image: b, scale: 0}", "{}"] {
        assert!(matches!(Model::read(text, ""), Err(ProjectFault::Unusable(_))), "{text}");
    }
    assert!(Model::read("services: [", "").is_err());
}
