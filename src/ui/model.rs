//! What is known of the model on show. Panels decide by this whether they apply, never by a method's name.

use super::paint::Shape;
use crate::spec::protocol::{CodeGroup, CodeKind, FeatureGrid, PlanInfo};

/// A code that is written in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenGrid {
    pub height: usize,
    pub width: usize,
    /// Tokens at each place.
    pub levels: usize,
    /// Kinds of tokens.
    pub codes: usize,
    /// New ones can be drawn from a learnt prior.
    pub drawn: bool,
}

impl TokenGrid {
    pub fn places(self) -> usize {
        self.height * self.width
    }

    /// Tokens of an image.
    pub fn tokens(self) -> usize {
        self.places() * self.levels
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    /// Numbers in a code; 0 while nothing is on show.
    pub latent: usize,
    /// Codes are clouds with a mean and a variance, and the prior is standard normal.
    pub gaussian: bool,
    /// A code is one vector whose numbers can be moved one by one.
    pub vector: bool,
    /// Tokens and features, where the code has any.
    pub grid: Option<TokenGrid>,
    pub features: Option<FeatureGrid>,
    /// Size of a picture.
    pub shape: Shape,
}

impl Model {
    /// The model that an engine has built, or else the one that comes with the page.
    pub fn new(info: Option<&PlanInfo>, latent: usize) -> Self {
        let Some(info) = info else {
            let shape = Shape { width: 28, height: 28, channels: 1 };
            return Self { latent, gaussian: true, vector: true, grid: None, features: None, shape };
        };
        let all = |f: fn(&CodeGroup) -> bool| info.code.iter().all(f);
        Self {
            latent,
            gaussian: all(|g| g.kind == CodeKind::Gaussian),
            vector: all(|g| matches!(g.kind, CodeKind::Gaussian | CodeKind::Point | CodeKind::Choice)),
            grid: info.code.iter().find_map(tokens),
            features: info.code.iter().find_map(CodeGroup::features),
            shape: Shape { width: info.width, height: info.height, channels: info.channels },
        }
    }
}

fn tokens(group: &CodeGroup) -> Option<TokenGrid> {
    let CodeKind::Grid { height, width, levels, codes, drawn } = group.kind else { return None };
    let [height, width, levels, codes] = [height, width, levels, codes].map(|n| n as usize);
    Some(TokenGrid { height, width, levels, codes, drawn })
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
            let parts = [model.grid.is_some(), model.features.is_some()];
            (model.gaussian, model.vector, parts)
        };
        assert_eq!(built(&[CodeKind::Gaussian]), (true, true, [false, false]));
        assert_eq!(built(&[CodeKind::Gaussian, CodeKind::Choice]), (false, true, [false, false]));
        assert_eq!(built(&[CodeKind::Features { height: 1, width: 1 }]), (false, false, [false, true]));
        assert_eq!(
            built(&[CodeKind::Grid { height: 2, width: 2, levels: 1, codes: 8, drawn: false }]),
            (false, false, [true, false])
        );
    }
}
