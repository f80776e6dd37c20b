//! Which faults cannot be leased at the same time.

use crate::protocol::Fault;

/// Why `wanted` cannot be in place together with `present`. Cuts and losses are
/// independent of each other: every lease has filter chains of its own.
pub fn conflict(wanted: &Fault, present: &Fault) -> Option<String> {
    if let (Some(component), Some(other)) = (wanted.component(), present.component()) {
        return (component == other)
            .then(|| format!("a lease holds the {} of {component}", present.kind()));
    }
    let shapes = |fault: &Fault| matches!(fault, Fault::Delay { .. } | Fault::Rate { .. });
    if shapes(wanted) && shapes(present) {
        return Some(format!("a lease holds the {} of the interface", present.kind()));
    }
    let bounds = |fault: &Fault| matches!(fault, Fault::ContainerMemory { .. });
    if bounds(wanted) && bounds(present) {
        return Some("a lease bounds the containers' memory already".to_owned());
    }
    if let (Fault::FillDisk { path, .. }, Fault::FillDisk { path: other, .. }) = (wanted, present) {
        return (path == other).then(|| format!("a lease fills {} already", path.display()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Direction;

    #[test]
    fn one_component_bears_one_fault() {
        let stop = |name: &str| Fault::Stop { component: name.to_owned() };
        let pause = Fault::Pause { component: "etcd".to_owned() };
        assert!(conflict(&stop("etcd"), &stop("etcd")).is_some());
        assert!(conflict(&pause, &stop("etcd")).is_some());
        assert!(conflict(&stop("etcd"), &stop("coredns")).is_none());
    }

    #[test]
    fn links_are_cut_independently() {
        let cut = Fault::Cut { peers: vec![[10, 0, 0, 1].into()], direction: Direction::Both };
        assert!(conflict(&cut, &cut).is_none());
    }

    #[test]
    fn containers_have_one_bound() {
        let bound = Fault::ContainerMemory { leave_bytes: 9 };
        assert!(conflict(&bound, &bound).is_some());
        assert!(conflict(&bound, &Fault::Memory { bytes: 9 }).is_none());
    }

    #[test]
    fn an_interface_has_one_shape() {
        let delay = Fault::Delay { peers: vec![[10, 0, 0, 1].into()], ms: 5 };
        assert!(conflict(&Fault::Rate { bytes_per_second: 9 }, &delay).is_some());
    }
}
