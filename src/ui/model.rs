//! What is known of the model on show. Panels decide by this whether they apply, never by a method's name.

use super::paint::Shape;
use crate::spec::protocol::{CodeGroup, CodeKind, PlanInfo};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    /// Numbers in a code; 0 while nothing is on show.
    pub latent: usize,
    /// Codes are clouds with a mean and a variance, and the prior is standard normal.
    pub gaussian: bool,
    /// A code is one vector whose numbers can be moved one by one.
    pub vector: bool,
    /// Size of a picture.
    pub shape: Shape,
}

impl Model {
    /// The model that an engine has built, or else the one that comes with the page.
    pub fn new(info: Option<&PlanInfo>, latent: usize) -> Self {
        let Some(info) = info else {
            return Self { latent, gaussian: true, vector: true, shape: Shape { width: 28, height: 28, channels: 1 } };
        };
        let all = |f: fn(&CodeGroup) -> bool| info.code.iter().all(f);
        Self {
            latent,
            gaussian: all(|g| g.kind == CodeKind::Gaussian),
            vector: all(|g| matches!(g.kind, CodeKind::Gaussian | CodeKind::Point | CodeKind::Choice)),
            shape: Shape { width: info.width, height: info.height, channels: info.channels },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_says_what_can_be_shown() {
        let built = |kinds: &[CodeKind]| {
            let code = kinds.iter().map(|kind| CodeGroup { kind: *kind, count: 4 }).collect();
            let model = Model::new(Some(&PlanInfo { code, width: 8, height: 4, channels: 3, ..PlanInfo::default() }), 4);
            assert_eq!(model.shape.len(), 96);
            (model.gaussian, model.vector)
        };
        assert_eq!(built(&[CodeKind::Gaussian]), (true, true));
        assert_eq!(built(&[CodeKind::Gaussian, CodeKind::Choice]), (false, true));
        assert_eq!(built(&[CodeKind::Features { height: 1, width: 1 }]), (false, false));
        assert_eq!(built(&[CodeKind::Grid { height: 2, width: 2, levels: 1, codes: 8, drawn: false }]), (false, false));
    }
}
