//! The three of them.

use persys_contract::{Workload, topology::Topology};

use super::{
    WorkloadFileError,
    definition::{Beside, Definition},
};

/// The files that lie beside the workloads'.
const BESIDE: &Beside = &[(
    "complex-app/docker-compose.yml",
    include_str!("../../workloads/complex-app/docker-compose.yml"),
)];

/// A workload of the strategy's test data, one for each type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestWorkload {
    SimpleNginx,
    ComplexApp,
    GitRepo,
}

impl TestWorkload {
    pub const ALL: [Self; 3] = [Self::SimpleNginx, Self::ComplexApp, Self::GitRepo];

    /// As the strategy calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SimpleNginx => "simple-nginx",
            Self::ComplexApp => "complex-app",
            Self::GitRepo => "git-repo",
        }
    }

    /// The workload as a client hands it in, with what the topology has to say filled in.
    pub fn workload(self, topology: &Topology) -> Result<Workload, WorkloadFileError> {
        let file = format!("verifier/workloads/{}.yaml", self.name());
        Definition::parse(&file, self.text())?.workload(&file, topology, BESIDE)
    }

    fn text(self) -> &'static str {
        match self {
            Self::SimpleNginx => include_str!("../../workloads/simple-nginx.yaml"),
            Self::ComplexApp => include_str!("../../workloads/complex-app.yaml"),
            Self::GitRepo => include_str!("../../workloads/git-repo.yaml"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use persys_contract::WorkloadType;

    use super::*;

    fn workload(which: TestWorkload) -> Workload {
        let text = include_str!("../../../topology.json");
        let topology = Topology::parse(Path::new("topology.json"), text).unwrap();
        which.workload(&topology).unwrap()
    }

    #[test]
    fn they_are_the_strategy_s() {
        let nginx = workload(TestWorkload::SimpleNginx);
        assert_eq!(nginx.kind, Some(WorkloadType::DockerContainer));
        assert!(nginx.ports[0].ends_with(":80"), "{:?}", nginx.ports);
        let app = workload(TestWorkload::ComplexApp);
        assert_eq!(app.kind, Some(WorkloadType::DockerCompose));
        let of = |name: &str| app.env_vars.get(name).map(String::as_str);
        assert_eq!((of("DB_HOST"), of("API_KEY")), (Some("localhost"), Some("test-key")));
        let repo = workload(TestWorkload::GitRepo);
        assert_eq!(repo.kind, Some(WorkloadType::GitCompose));
        assert_eq!(repo.git_branch.as_deref(), Some("main"));
        for which in TestWorkload::ALL {
            assert_eq!(workload(which).name, which.name());
        }
    }

    /// A file that nobody reads would say what is not so.
    #[test]
    fn every_file_of_the_folder_is_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads");
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().to_str().unwrap().to_owned();
            if entry.file_type().unwrap().is_dir() {
                let files = fs::read_dir(entry.path()).unwrap();
                let inside = |file: fs::DirEntry| file.file_name().to_str().unwrap().to_owned();
                found.extend(files.map(|file| format!("{name}/{}", inside(file.unwrap()))));
            } else {
                found.insert(name);
            }
        }
        let names = TestWorkload::ALL.map(|which| format!("{}.yaml", which.name()));
        let beside = BESIDE.iter().map(|(path, _)| (*path).to_owned());
        assert_eq!(found, names.into_iter().chain(beside).collect());
    }
}
