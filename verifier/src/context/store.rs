//! Values that later steps of a scenario need, kept by their type.

use std::{
    any::{Any, TypeId, type_name},
    collections::{HashMap, HashSet},
};

use crate::evidence::StepError;

#[derive(Default)]
pub struct Store {
    values: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    /// Of which types there was a value when the step that runs began.
    before: HashSet<TypeId>,
}

impl Store {
    /// Keeps a value; one of the same type that was kept before is returned.
    pub fn put<T: Any + Send + Sync>(&mut self, value: T) -> Option<T> {
        let old = self.values.insert(TypeId::of::<T>(), Box::new(value))?;
        old.downcast().ok().map(|old| *old)
    }

    /// From now on it is another step that puts values there.
    pub fn begin_step(&mut self) {
        self.before = self.values.keys().copied().collect();
    }

    /// Drops what a step that did not pass has added. The steps that need it are skipped, and
    /// a fault among it is in nobody's interest any more. What it has only put in the place of an
    /// earlier value is needed by others, too.
    pub fn drop_new(&mut self) {
        self.values.retain(|value, _| self.before.contains(value));
    }

    pub fn get<T: Any>(&self) -> Result<&T, StepError> {
        self.values
            .get(&TypeId::of::<T>())
            .and_then(|value| value.downcast_ref())
            .ok_or_else(missing::<T>)
    }

    pub fn get_mut<T: Any>(&mut self) -> Result<&mut T, StepError> {
        self.values
            .get_mut(&TypeId::of::<T>())
            .and_then(|value| value.downcast_mut())
            .ok_or_else(missing::<T>)
    }

    pub fn take<T: Any>(&mut self) -> Result<T, StepError> {
        self.values
            .remove(&TypeId::of::<T>())
            .and_then(|value| value.downcast().ok())
            .map(|value| *value)
            .ok_or_else(missing::<T>)
    }
}

/// The step that uses a value should name the step that makes it among its needs.
fn missing<T>() -> StepError {
    StepError::error(format!(
        "no earlier step has kept a {}; does this step name the one that does among its needs?",
        type_name::<T>()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Node(&'static str);

    #[test]
    fn values_are_kept_by_type() {
        let mut store = Store::default();
        assert!(store.get::<Node>().unwrap_err().message.contains("Node"));
        assert_eq!(store.put(Node("a")), None);
        assert_eq!(store.put(Node("b")), Some(Node("a")));
        store.put(7_u32);
        store.get_mut::<Node>().unwrap().0 = "c";
        assert_eq!(store.get::<Node>().unwrap(), &Node("c"));
        assert_eq!(store.take::<Node>().unwrap(), Node("c"));
        assert!(store.take::<Node>().is_err());
        assert_eq!(store.get::<u32>().unwrap(), &7);
    }

    #[test]
    fn what_a_failed_step_has_put_there_is_dropped() {
        let mut store = Store::default();
        store.put(7_u32);
        store.begin_step();
        store.put(Node("fault"));
        let seven = store.take::<u32>().unwrap();
        store.put(seven + 1);
        store.drop_new();
        assert!(store.get::<Node>().is_err());
        assert_eq!(store.get::<u32>().unwrap(), &8, "there was one of an earlier step");
    }
}
