//! Worlds of planted patterns, written in the name of their data set: how many patterns there are, how often each comes, and which come together.

/// The data set's name without options.
pub const TOY: &str = "toy";

/// Patterns for each 256 pixels of the world that names no number.
const USUAL: usize = 384;
const PIXELS: usize = 256;
/// The most patterns a pixel that can be asked for.
const MOST: usize = 4;

/// Which patterns come together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Together {
    /// None do but by chance.
    #[default]
    Chance,
    /// One in four is a parent; each of the three behind it comes only with it.
    Tree,
    /// Eight at a time are a group that comes or stays away.
    Groups,
}

/// A world of planted patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct World {
    pub together: Together,
    /// How often a pattern comes goes with one over its rank.
    pub zipf: bool,
    /// How many patterns there are.
    pub patterns: usize,
}

impl Default for World {
    fn default() -> Self {
        Self { together: Together::default(), zipf: false, patterns: USUAL }
    }
}

impl World {
    /// Reads a data set's name: `toy`, or `toy:` and options apart by dashes: `tree` or `groups`, `zipf`, and `x1` to `x4`, patterns a pixel.
    /// `None` if it is no such name.
    ///
    /// ```
    /// use latent_vocabulary::world::World;
    ///
    /// let world = World::parse("toy:tree-x2").unwrap();
    /// assert_eq!((world.patterns, world.id().as_str()), (512, "toy:tree-x2"));
    /// assert_eq!(World::parse("toy").unwrap().patterns, 384);
    /// assert_eq!(World::parse("toy:forest"), None);
    /// ```
    pub fn parse(id: &str) -> Option<Self> {
        let options = id.strip_prefix(TOY)?;
        let mut world = Self::default();
        if options.is_empty() {
            return Some(world);
        }
        for option in options.strip_prefix(':')?.split('-') {
            match option {
                "tree" => world.together = Together::Tree,
                "groups" => world.together = Together::Groups,
                "zipf" => world.zipf = true,
                other => {
                    let times: usize = other.strip_prefix('x')?.parse().ok()?;
                    world.patterns = (1..=MOST).contains(&times).then_some(times * PIXELS)?;
                }
            }
        }
        // One world, one name.
        (world.id() == id).then_some(world)
    }

    /// The name of the data set.
    pub fn id(&self) -> String {
        let times = self.patterns / PIXELS;
        let options = [
            match self.together {
                Together::Chance => None,
                Together::Tree => Some("tree".into()),
                Together::Groups => Some("groups".into()),
            },
            self.zipf.then(|| "zipf".into()),
            (self.patterns != USUAL).then(|| format!("x{times}")),
        ];
        let options: Vec<String> = options.into_iter().flatten().collect();
        if options.is_empty() { TOY.into() } else { format!("{TOY}:{}", options.join("-")) }
    }
}

/// Vectors that are sums of planted directions, as many and as long as a language model's activations. No card lists them: they are for the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlantedVectors {
    /// Vectors to train on.
    pub rows: usize,
    /// Numbers in each.
    pub dims: usize,
    /// Directions that are planted.
    pub directions: usize,
}

impl PlantedVectors {
    /// Reads the name of such a set, `acts:planted-ROWSxNUMBERS-DIRECTIONS`. `None` if it is no such name.
    ///
    /// ```
    /// use latent_vocabulary::world::PlantedVectors;
    ///
    /// let set = PlantedVectors::parse("acts:planted-100000x768-1536").unwrap();
    /// assert_eq!((set.rows, set.dims, set.directions), (100_000, 768, 1536));
    /// assert_eq!(PlantedVectors::parse("acts:planted-0x768-9"), None);
    /// assert_eq!(PlantedVectors::parse("acts:gpt2"), None);
    /// ```
    pub fn parse(id: &str) -> Option<Self> {
        let (size, directions) = id.strip_prefix("acts:planted-")?.split_once('-')?;
        let (rows, dims) = size.split_once('x')?;
        let number = |text: &str| text.parse().ok().filter(|n| (1..=1 << 20).contains(n));
        Some(Self { rows: number(rows)?, dims: number(dims)?, directions: number(directions)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_world_has_one_name() {
        for together in [Together::Chance, Together::Tree, Together::Groups] {
            for zipf in [false, true] {
                for patterns in [256, 384, 512, 768, 1024] {
                    let world = World { together, zipf, patterns };
                    assert_eq!(World::parse(&world.id()), Some(world), "{}", world.id());
                }
            }
        }
        for other in ["toy:", "toy:zipf-tree", "toy:x5", "toy:x0", "toy:x01", "toys", "toy:tree-groups", "mnist"] {
            assert_eq!(World::parse(other), None, "{other}");
        }
    }
}
