//! What is known of the model on show. Panels decide by this whether they apply, never by a method's name.

use super::paint::Shape;
use std::ops::Range;

use latent_experiment::Setup;
use latent_protocol::PlanInfo;
use latent_view::{Alphabet, Frame};
use latent_vocabulary::PRIOR;
use latent_vocabulary::code::{CodeGroup, CodeKind, FeatureGrid, decodes, found, levels, steps};
use latent_vocabulary::shape::SampleShape;

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
    /// A code is a row of bits.
    pub bits: bool,
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

/// Numbers of a code that say which of several kinds something is: none is negative, and together they are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The first of them.
    at: usize,
    pub count: usize,
    /// It is the image's label, which the encoder is told.
    pub given: bool,
}

impl Choice {
    /// That of a code, if it has one.
    pub fn of(code: &[CodeGroup]) -> Option<Self> {
        let mut at = 0;
        code.iter().find_map(|group| {
            let count = group.count as usize;
            at += count;
            let CodeKind::Choice { given } = group.kind else { return None };
            Some(Self { at: at - count, count, given })
        })
    }

    /// Where its numbers stand.
    pub fn range(self) -> Range<usize> {
        self.at..self.at + self.count
    }

    /// The kind that a code says most; `None` if its numbers are no choice.
    pub fn read(self, z_d: &[f32]) -> Option<usize> {
        let part = z_d.get(self.range())?;
        let sound = (part.iter().sum::<f32>() - 1.0).abs() < 0.01 && part.iter().all(|v| *v >= 0.0);
        sound.then(|| (1..self.count).fold(0, |best, i| if part[i] > part[best] { i } else { best }))
    }

    /// Has a code say one kind.
    pub fn make(self, z_d: &mut [f32], kind: usize) {
        if let Some(part) = z_d.get_mut(self.range()) {
            part.fill(0.0);
            part[kind] = 1.0;
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    /// Numbers in a code; 0 while nothing is on show. Those that the encoder has found out come first.
    pub latent: usize,
    pub found: usize,
    /// Codes are clouds with a mean and a variance, and the prior is standard normal.
    pub gaussian: bool,
    /// The numbers of a code are clouds, beside a choice that it may have.
    pub clouds: bool,
    /// Numbers of the uppermost of several levels; 0 where there is one level.
    pub upper: usize,
    /// What a code says besides numbers.
    pub choice: Option<Choice>,
    /// The shape of the prior, an index of [`PRIORS`](latent_vocabulary::PRIORS); `None` where nothing is asked of where codes lie.
    pub prior: Option<usize>,
    /// New codes are carried from noise, step by step.
    pub flows: bool,
    /// A code is one vector whose numbers can be moved one by one.
    pub vector: bool,
    /// A code is one vector of which nothing makes an image.
    pub undrawn: bool,
    /// Values that each number of a code may take; 0 where it may take any.
    pub steps: u32,
    /// Tokens and features, where the code has any.
    pub grid: Option<TokenGrid>,
    pub features: Option<FeatureGrid>,
    /// What it reads and decodes, and the size of the picture by which that is shown.
    pub sample: SampleShape,
    pub shape: Shape,
}

impl Model {
    /// The model that an engine has built from a setup, or else the one that comes with the page.
    pub fn new(info: Option<&PlanInfo>, setup: Option<&Setup>) -> Self {
        let Some(info) = info else {
            let sample = SampleShape::MNIST;
            let (clouds, prior) = (true, Some(0));
            return Self {
                latent: 0,
                found: 0,
                gaussian: true,
                clouds,
                upper: 0,
                choice: None,
                prior,
                flows: false,
                vector: true,
                undrawn: false,
                steps: 0,
                grid: None,
                features: None,
                sample,
                shape: Shape::of(sample),
            };
        };
        let all = |f: fn(&CodeGroup) -> bool| info.code.iter().all(f);
        let clouds = all(|g| matches!(g.kind, CodeKind::Gaussian | CodeKind::Choice { .. } | CodeKind::Factor { .. }));
        Self {
            latent: info.code.iter().map(|group| group.count as usize).sum(),
            found: found(&info.code),
            gaussian: all(|g| g.kind == CodeKind::Gaussian),
            clouds,
            upper: levels(&info.code).first().map_or(0, Range::len),
            choice: Choice::of(&info.code),
            prior: if clouds { Some(0) } else { setup.and_then(prior) },
            flows: info.code.iter().any(|g| g.kind == CodeKind::Flow),
            vector: clouds
                || all(|g| {
                    matches!(
                        g.kind,
                        CodeKind::Point | CodeKind::Flow | CodeKind::Steps { .. } | CodeKind::Factor { given: false, .. }
                    )
                }),
            undrawn: !decodes(&info.code),
            steps: steps(&info.code),
            grid: info.code.iter().find_map(tokens),
            features: info.code.iter().find_map(CodeGroup::features),
            sample: info.sample(),
            shape: Shape::of(info.sample().picture()),
        }
    }

    /// What questions depend on of it.
    pub fn frame(&self) -> Frame {
        let alphabet =
            |grid: TokenGrid| Alphabet { tokens: grid.tokens(), places: grid.places(), codes: grid.codes, drawn: grid.drawn };
        Frame {
            sample: self.sample,
            size: self.shape,
            latent: self.latent,
            alphabet: self.grid.map(alphabet),
            features: self.features,
            flows: self.flows,
            undrawn: self.undrawn,
        }
    }

    /// Places of a picture, all its colours together; `None` where samples are none.
    pub fn pixels(&self) -> Option<usize> {
        self.sample.is_picture().then_some(self.sample.height * self.sample.width)
    }

    /// Codes are points that can be moved.
    pub fn points(&self) -> bool {
        self.vector && !self.clouds
    }
}

/// The shape that all codes together are asked to take, where the method has a choice of them.
fn prior(setup: &Setup) -> Option<usize> {
    let card = setup.card().ok()?;
    card.params.contains(&PRIOR).then(|| setup.usize(PRIOR.key))
}

fn tokens(group: &CodeGroup) -> Option<TokenGrid> {
    let CodeKind::Grid { height, width, levels, codes, drawn, bits } = group.kind else { return None };
    let [height, width, levels, codes] = [height, width, levels, codes].map(|n| n as usize);
    Some(TokenGrid { height, width, levels, codes, drawn, bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_says_what_can_be_shown() {
        let built = |kinds: &[CodeKind]| {
            let code = kinds.iter().map(|kind| CodeGroup { kind: *kind, count: 4 }).collect();
            let model = Model::new(Some(&PlanInfo { code, width: 8, height: 4, channels: 3, ..PlanInfo::default() }), None);
            assert_eq!(model.shape.len(), 96);
            let parts = [model.grid.is_some(), model.features.is_some()];
            assert_eq!(model.undrawn, model.frame().undrawn);
            (model.gaussian, model.vector, model.undrawn, parts)
        };
        assert_eq!(built(&[CodeKind::Gaussian]), (true, true, false, [false, false]));
        assert_eq!(built(&[CodeKind::Gaussian, CodeKind::Choice { given: true }]), (false, true, false, [false, false]));
        assert_eq!(built(&[CodeKind::Embedding]), (false, false, true, [false, false]));
        assert_eq!(built(&[CodeKind::Features { height: 1, width: 1, layers: false }]), (false, false, false, [false, true]));
        assert_eq!(
            built(&[CodeKind::Grid { height: 2, width: 2, levels: 1, codes: 8, drawn: false, bits: false }]),
            (false, false, false, [true, false])
        );
    }
    #[test]
    fn a_choice_is_read_and_made() {
        let choice = Choice::of(&[
            CodeGroup { kind: CodeKind::Gaussian, count: 2 },
            CodeGroup { kind: CodeKind::Choice { given: true }, count: 3 },
        ])
        .unwrap();
        let mut z = vec![0.3, -1.0, 0.2, 0.5, 0.3];
        assert_eq!((choice.range(), choice.read(&z)), (2..5, Some(1)));
        choice.make(&mut z, 2);
        assert_eq!((z.as_slice(), choice.read(&z)), (&[0.3, -1.0, 0.0, 0.0, 1.0][..], Some(2)));
        assert_eq!([choice.read(&[0.0; 5]), choice.read(&[0.0, 0.0, 2.0, -1.0, 0.0]), choice.read(&[1.0])], [None; 3]);
        assert_eq!(Choice::of(&[CodeGroup { kind: CodeKind::Gaussian, count: 2 }]), None);
    }

    #[test]
    fn a_prior_is_that_of_the_method() {
        let model = |kind, query: &str| {
            let info = PlanInfo { code: vec![CodeGroup { kind, count: 2 }], ..PlanInfo::default() };
            let model = Model::new(Some(&info), Some(&Setup::from_query(query, &[]).0));
            (model.points(), model.prior)
        };
        assert_eq!(model(CodeKind::Gaussian, "method=vae"), (false, Some(0)));
        assert_eq!(model(CodeKind::Point, "method=ae"), (true, None));
        assert_eq!(model(CodeKind::Flow, "method=latent-flow"), (true, None), "noise is no code");
        assert_eq!(model(CodeKind::Point, "method=swae"), (true, Some(0)));
        assert_eq!(model(CodeKind::Point, "method=wae-mmd&prior=ring"), (true, Some(1)));
        let grid = CodeKind::Grid { height: 1, width: 2, levels: 1, codes: 8, drawn: true, bits: false };
        assert_eq!(model(grid, "method=vq-vae"), (false, None), "a prior over tokens is another thing");
    }
}
