//! Names of parameters, shared by everything that stores, records or compares them.

/// Follows a walk through a Burn module and names what it visits.
///
/// The variants of an enum are left out: which variant it is follows from the setup, and the name of a weight should say
/// what it does (`encoder.hidden.weight`) rather than how the code chose it.
#[derive(Default)]
pub struct PathStack(Vec<String>);

impl PathStack {
    /// For [`burn::module::ModuleVisitor::enter_module`] and its mapping twin.
    pub fn enter(&mut self, name: &str, container_type: &str) {
        if !container_type.starts_with("Enum:") {
            self.0.push(name.to_owned());
        }
    }

    /// For [`burn::module::ModuleVisitor::exit_module`] and its mapping twin.
    pub fn exit(&mut self, container_type: &str) {
        if !container_type.starts_with("Enum:") {
            self.0.pop();
        }
    }

    /// The current name, for example `encoder.hidden.weight`.
    pub fn name(&self) -> String {
        self.0.join(".")
    }
}
