//! Changes to single components, as written on the command line.

use std::str::FromStr;

/// `COMPONENT` or `MACHINE/COMPONENT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    machine: Option<String>,
    component: String,
}

impl Target {
    pub fn is(&self, machine: &str, component: &str) -> bool {
        self.component == component && self.machine.as_deref().is_none_or(|own| own == machine)
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (machine, component) = match text.split_once('/') {
            Some((machine, component)) => (Some(machine.to_owned()), component),
            None => (None, text),
        };
        if component.is_empty() || component.contains('/') || machine.as_deref() == Some("") {
            return Err("write COMPONENT or MACHINE/COMPONENT, such as agent1/docker".to_owned());
        }
        Ok(Self { machine, component: component.to_owned() })
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(machine) = &self.machine {
            write!(f, "{machine}/")?;
        }
        f.write_str(&self.component)
    }
}

/// `[MACHINE/]COMPONENT:NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvOverride {
    pub target: Target,
    pub name: String,
    pub value: String,
}

impl FromStr for EnvOverride {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mend = || "write [MACHINE/]COMPONENT:NAME=VALUE".to_owned();
        let (target, variable) = text.split_once(':').ok_or_else(mend)?;
        let (name, value) = variable.split_once('=').ok_or_else(mend)?;
        if name.is_empty() {
            return Err(mend());
        }
        Ok(Self { target: target.parse()?, name: name.to_owned(), value: value.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_meant_everywhere_or_on_one_machine() {
        let everywhere: Target = "docker".parse().unwrap();
        assert!(everywhere.is("agent1", "docker") && everywhere.is("agent2", "docker"));
        let one: Target = "agent1/docker".parse().unwrap();
        assert!(one.is("agent1", "docker") && !one.is("agent2", "docker"));
        for wrong in ["", "/docker", "agent1/", "a/b/c"] {
            assert!(wrong.parse::<Target>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_value_may_hold_any_sign() {
        let change: EnvOverride = "agent1/persys-agent:X=a:b=c".parse().unwrap();
        assert_eq!((change.name.as_str(), change.value.as_str()), ("X", "a:b=c"));
        assert!("persys-agent:X".parse::<EnvOverride>().is_err());
        assert!("persys-agent:=1".parse::<EnvOverride>().is_err());
    }
}
