//! Names of parameters, shared by everything that stores, records or compares them.

/// A method's field of this name holds what it shares with others, and is left out of names: `encoder.hidden.weight` is
/// called that in every method, and so travels between them.
const SHARED: &str = "base";

/// Follows a walk through a Burn module and names what it visits.
///
/// The variants of an enum are left out: which variant it is follows from the setup, and the name of a weight should say
/// what it does (`encoder.hidden.weight`) rather than how the code chose it.
#[derive(Default)]
pub struct PathStack(Vec<Option<String>>);

impl PathStack {
    /// For [`burn::module::ModuleVisitor::enter_module`] and its mapping twin.
    pub fn enter(&mut self, name: &str, container_type: &str) {
        let named = !container_type.starts_with("Enum:") && name != SHARED;
        self.0.push(named.then(|| name.to_owned()));
    }

    /// For [`burn::module::ModuleVisitor::exit_module`] and its mapping twin.
    pub fn exit(&mut self) {
        self.0.pop();
    }

    /// The current name, for example `encoder.hidden.weight`.
    pub fn name(&self) -> String {
        self.0.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(".")
    }
}
