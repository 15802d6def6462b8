//! Which arrays hold images, which hold labels, and of which images.

use latent_packed::Split;
use latent_vocabulary::import::Crop;
use latent_vocabulary::plan::{Part, Piece, Role, Understood, Wishes};

use super::array::{Arrays, Layout, Member};
use super::join::{Joined, Share, parts_are_given};
use super::labels;
use super::leaf::{Leaf, read_all};
use super::names::{base, factor, is_archive_name, key, names_images, names_no_images, numbers, part_named};
use super::read::Mark;
use super::scale::{self, Range, Scale};
use super::source::{About, OWN, Source};
use super::text::Text;
use super::wish::{part_of, wanted};

/// Most bytes of all labels of an array.
const LABEL_LIMIT: u64 = 256 << 20;

/// What an array is for.
#[derive(Clone, Debug, PartialEq)]
enum Use {
    Images {
        part: Option<Split>,
    },
    /// Of the images with these indices.
    Labels {
        of: Vec<usize>,
    },
    Aside {
        why: String,
    },
}

/// Arrays with what each is for.
pub struct Chosen {
    members: Vec<Member>,
    uses: Vec<Use>,
    /// Arrays that cannot be read, and why.
    unread: Vec<(Leaf, String)>,
    /// Text files that are labels, by the images that they are of.
    texts: Vec<(Leaf, Text, usize)>,
    asked: Wishes,
}

/// What reading arrays comes to.
pub struct Read {
    pub source: Box<dyn Source>,
    pub pieces: Vec<Piece>,
    pub values: Vec<Understood>,
    /// Where the images of the parts come from.
    pub from: Vec<(Part, String)>,
}

impl Chosen {
    /// Finds out what arrays are for. `None` where none holds images.
    ///
    /// # Errors
    /// If it is asked for labels that are none.
    pub fn of(leaves: &[&Leaf], texts: &[&Leaf], wishes: &Wishes, notes: &mut Vec<String>) -> Result<Option<Self>, String> {
        let (mut members, mut unread) = (Vec::new(), Vec::new());
        for leaf in leaves {
            match Member::open(leaf) {
                Ok(member) => members.push(member),
                Err(e) => {
                    let why = e.trim_start_matches(&leaf.place()).trim_start_matches(':').trim();
                    unread.push(((*leaf).clone(), why.to_owned()));
                    notes.push(format!("{e}."));
                }
            }
        }
        let role = |m: &Member| wanted(wishes, &m.leaf.name);
        let images = images_among(&members, &role);
        if images.is_empty() {
            return Ok(None);
        }
        let mut chosen = Self { uses: Vec::new(), members, unread, texts: Vec::new(), asked: wishes.clone() };
        chosen.uses = (0..chosen.members.len()).map(|i| chosen.use_of(i, &images)).collect();
        chosen.add_texts(texts, wishes, &images);
        if let Some(name) = wishes.labels.as_ref().filter(|n| !n.is_empty())
            && !chosen.uses.iter().any(|u| matches!(u, Use::Labels { of } if !of.is_empty()))
            && chosen.texts.is_empty()
        {
            let rows: Vec<String> = images.iter().map(|i| chosen.members[*i].rows().to_string()).collect();
            return Err(format!("{name}: no file of that name has labels for {} images", rows.join(" or ")));
        }
        Ok(Some(chosen))
    }

    /// Images that there are.
    pub fn images(&self) -> u64 {
        let of = |(m, u): (&Member, &Use)| if matches!(u, Use::Images { .. }) { m.rows() } else { 0 };
        self.members.iter().zip(&self.uses).map(of).sum()
    }

    fn use_of(&self, i: usize, images: &[usize]) -> Use {
        let (members, wishes) = (&self.members, &self.asked);
        let member = &members[i];
        let asked = wanted(wishes, &member.leaf.name);
        if images.contains(&i) {
            return Use::Images { part: part_of(wishes, &member.leaf.name).or_else(|| part_named(&member.leaf.name)) };
        }
        let named = format!("{} {:?}", base(member.name()), member.header.shape);
        if asked.is_some_and(|w| w.role == Role::Aside) {
            return Use::Aside { why: "as was asked".into() };
        }
        let of: Vec<usize> =
            images.iter().copied().filter(|image| labels_of(members, *image, images, wishes).contains(&i)).collect();
        if !of.is_empty() {
            return Use::Labels { of };
        }
        let first = &members[images[0]];
        let why = if member.holds_images(3) && asked.is_none() {
            format!("other images than those of {}: to take them as well, say so", base(first.name()))
        } else {
            format!("no labels of {} {:?}: {named}", base(first.name()), first.header.shape)
        };
        Use::Aside { why }
    }

    /// Text files with as many lines as an array has images are its labels, where it has no others.
    fn add_texts(&mut self, texts: &[&Leaf], wishes: &Wishes, images: &[usize]) {
        for leaf in texts {
            let asked = wishes.labels.as_ref().is_some_and(|name| super::wish::matches(&leaf.name, name));
            let asked = asked || wanted(wishes, &leaf.name).is_some_and(|w| w.role == Role::Labels);
            if wishes.labels.is_some() && !asked {
                continue;
            }
            let Ok(text) = leaf.bytes(LABEL_LIMIT).and_then(|bytes| Text::read(&bytes)) else { continue };
            let part = part_named(&leaf.name);
            let fits = |i: &usize| {
                let free = !self.uses.iter().any(|u| matches!(u, Use::Labels { of } if of.contains(i)));
                let own = part_named(&self.members[*i].leaf.name);
                text.rows_for(self.members[*i].rows() as usize).is_some() && (asked || free && (part == own || part.is_none()))
            };
            let fitting: Vec<usize> = images.iter().copied().filter(|i| fits(i)).collect();
            if let [only] = fitting[..] {
                self.texts.push(((*leaf).clone(), text, only));
            }
        }
    }

    /// Reads the range of all values, the labels, and joins the arrays.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn read(self, mut about: About) -> Result<Read, String> {
        let images: Vec<usize> = (0..self.members.len()).filter(|i| matches!(self.uses[*i], Use::Images { .. })).collect();
        let (scales, values) = self.scales(&images, &mut about.notes)?;
        let parts: Vec<Option<Split>> = images
            .iter()
            .map(|i| match self.uses[*i] {
                Use::Images { part } => part,
                _ => None,
            })
            .collect();
        let tenth = super::wish::tenth(&self.asked);
        let given = !tenth && parts_are_given(parts.iter().copied());
        let mut mark = Mark::default();
        let mut shares = Vec::new();
        let keys: Vec<String> = images.iter().map(|i| self.class(*i)).collect();
        for ((i, scale), (part, class)) in images.iter().zip(scales).zip(parts.iter().zip(&keys)) {
            let member = &self.members[*i];
            mark = mark.with(base(&member.leaf.name).as_bytes()).with(member.leaf.mark()?.to_string().as_bytes());
            let columns = self.columns(*i, &mut about.notes, &mut mark)?;
            let source = Box::new(Arrays::open(member.clone(), scale, columns)?);
            let classes = keys.iter().any(|k| k != class) && keys.iter().all(|k| !k.is_empty());
            shares.push(Share { source, part: *part, class: classes.then(|| class.clone()) });
        }
        let first = &self.members[images[0]];
        let idx = first.leaf.kind == super::kind::Kind::Idx;
        about.what = match (images.len(), idx, first.leaf.archive()) {
            (1, true, _) => "an IDX file".into(),
            (n, true, _) => format!("{n} IDX files"),
            (_, false, archive) if !archive.is_empty() => "an archive of NumPy arrays".into(),
            (1, false, _) => "a NumPy array".into(),
            (n, false, _) => format!("{n} NumPy arrays"),
        };
        about.title = self.title(&images);
        about.fingerprint = format!("arrays {mark}");
        let pieces = self.pieces(given);
        let from = images.iter().zip(&parts).filter(|_| given).map(|(i, part)| {
            let part = Part::ALL[part.unwrap_or(Split::Train) as usize];
            (part, base(self.members[*i].name()).to_owned())
        });
        let from = from.collect();
        about.credit = OWN.into();
        about.crop = Crop::Middle;
        Ok(Read { source: Box::new(Joined::new(about, shares, tenth)), pieces, values, from })
    }

    /// What an array's images are, where every array is a class of its own.
    fn class(&self, i: usize) -> String {
        let name = &self.members[i].leaf.name;
        let own = key(name);
        let all: Vec<Vec<String>> = (0..self.members.len())
            .filter(|i| matches!(self.uses[*i], Use::Images { .. }))
            .map(|i| key(&self.members[i].leaf.name))
            .collect();
        own.into_iter().filter(|w| !all.iter().all(|k| k.contains(w))).collect::<Vec<_>>().join(" ")
    }

    fn title(&self, images: &[usize]) -> String {
        let first = images.iter().find(|i| self.uses[**i] != (Use::Images { part: Some(Split::Test) })).unwrap_or(&images[0]);
        let leaf = &self.members[*first].leaf;
        let stem = |name: &str| base(name).split('.').next().unwrap_or_default().to_owned();
        let words = key(&leaf.name).join(" ");
        let folder = leaf.folders().rsplit('/').find(|f| !f.is_empty());
        match (leaf.archive(), images.len(), folder) {
            (archive, ..) if !archive.is_empty() => stem(archive.split('/').find(|f| is_archive_name(f)).unwrap_or(archive)),
            (_, 1, _) => stem(&leaf.name),
            (.., Some(folder)) => folder.to_owned(),
            _ if !words.is_empty() && images.iter().all(|i| key(&self.members[*i].leaf.name).join(" ") == words) => words,
            _ => stem(&leaf.name),
        }
    }

    /// The scale of each array of images: one for all of a type, so that parts and shards stay alike.
    fn scales(&self, images: &[usize], notes: &mut Vec<String>) -> Result<(Vec<Scale>, Vec<Understood>), String> {
        let mut ranges = Vec::new();
        for i in images {
            // Before anything is done for each image that is promised.
            self.members[*i].complete()?;
            ranges.push(self.members[*i].range()?);
        }
        let (mut scales, mut values): (Vec<Scale>, Vec<Understood>) = (Vec::new(), Vec::new());
        for (k, i) in images.iter().enumerate() {
            let header = &self.members[*i].header;
            let alike = |j: &usize| self.members[images[*j]].header.type_name() == header.type_name();
            let joint = (0..images.len()).filter(alike).fold(Range::default(), |all, j| all.with(&ranges[j]));
            let name = base(self.members[*i].name());
            let (scale, mut understood) = scale::understood(name, header, &joint, self.asked.values);
            if values.iter().all(|v| v.kind != understood.kind) {
                notes.extend(scale::note(&understood));
            }
            (understood.low, understood.high, understood.nan) = if ranges[k].low > ranges[k].high {
                (0.0, 0.0, ranges[k].nan)
            } else {
                (ranges[k].low, ranges[k].high, ranges[k].nan)
            };
            scales.push(scale);
            values.push(understood);
        }
        Ok((scales, values))
    }

    /// The factors of an array of images.
    fn columns(&self, image: usize, notes: &mut Vec<String>, mark: &mut Mark) -> Result<Vec<labels::Column>, String> {
        let rows = self.members[image].rows() as usize;
        let mut columns = Vec::new();
        for (i, member) in self.members.iter().enumerate() {
            if !matches!(&self.uses[i], Use::Labels { of } if of.contains(&image)) {
                continue;
            }
            if member.header.bytes() > LABEL_LIMIT {
                notes.push(format!("{} has more than {} MB of labels and is left aside.", member.leaf.place(), LABEL_LIMIT >> 20));
                continue;
            }
            let bytes = read_all(member.values()?, LABEL_LIMIT).map_err(|e| format!("{}: {e}", member.leaf.place()))?;
            *mark = mark.with(Mark::default().with(&bytes).to_string().as_bytes());
            let qmnist = member.leaf.name.to_ascii_lowercase().contains("qmnist");
            let name = self.factor_name(i, image);
            let found = labels::of_array(&name, &member.header, &bytes, rows, qmnist);
            columns.extend(found.columns);
            notes.extend(found.notes);
        }
        for (leaf, text, of) in &self.texts {
            if *of == image {
                let found = text.columns(rows, &factor(&leaf.name));
                *mark = mark.with(leaf.mark()?.to_string().as_bytes());
                columns.extend(found.columns);
                notes.extend(found.notes);
            }
        }
        Ok(columns)
    }

    /// What labels are called: their array's name without its part; of IDX files what they have besides their images' name.
    fn factor_name(&self, labels: usize, image: usize) -> String {
        let name = &self.members[labels].leaf.name;
        if self.members[labels].leaf.kind != super::kind::Kind::Idx {
            let (own, shard) = (numbers(name), numbers(&self.members[image].leaf.name));
            let name = factor(name);
            // The number is the shard's, not one of several labels.
            let word = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '_' | '-'));
            return if own == shard && !shard.is_empty() && !word.is_empty() { word.to_owned() } else { name };
        }
        let images = key(&self.members[image].leaf.name);
        let own: Vec<String> = key(name).into_iter().filter(|w| !images.contains(w)).collect();
        if own.is_empty() { "Label".into() } else { own.join(" ") }
    }

    /// What tells the part of an array.
    fn told_by(&self, name: &str, given: bool) -> String {
        match part_of(&self.asked, name) {
            _ if !given => String::new(),
            Some(_) => "as was asked".into(),
            None => "as its name says".into(),
        }
    }

    fn pieces(&self, given: bool) -> Vec<Piece> {
        let name = |i: &usize| base(self.members[*i].name()).to_owned();
        let piece = |(i, member): (usize, &Member)| {
            let (role, part, n, why) = match &self.uses[i] {
                Use::Images { part } => (Role::Images, *part, member.rows(), self.told_by(&member.leaf.name, given)),
                Use::Labels { of } => (
                    Role::Labels,
                    part_named(&member.leaf.name),
                    0,
                    format!("of {}", of.iter().map(name).collect::<Vec<_>>().join(", ")),
                ),
                Use::Aside { why } => (Role::Aside, None, 0, why.clone()),
            };
            let part = part.filter(|_| given).map(|p| Part::ALL[p as usize]);
            Piece {
                name: member.leaf.name.clone(),
                kind: member.kind(),
                role,
                part,
                files: 1,
                images: n,
                why,
                choice: self.members.len() > 1,
            }
        };
        let text = |(leaf, _, of): &(Leaf, Text, usize)| Piece {
            name: leaf.name.clone(),
            kind: "text".into(),
            role: Role::Labels,
            part: None,
            files: 1,
            images: 0,
            why: format!("of {}, line by line", name(of)),
            choice: true,
        };
        let unread = |(leaf, why): &(Leaf, String)| Piece {
            name: leaf.name.clone(),
            kind: "array".into(),
            role: Role::Aside,
            part: None,
            files: 1,
            images: 0,
            why: why.clone(),
            choice: false,
        };
        let read = self.members.iter().enumerate().map(piece).chain(self.texts.iter().map(text));
        read.chain(self.unread.iter().map(unread)).collect()
    }
}

/// The arrays that hold images: the largest, and those that are parts, shards or other classes of the same.
fn images_among<'a>(members: &[Member], role: &impl Fn(&Member) -> Option<&'a latent_vocabulary::plan::Wanted>) -> Vec<usize> {
    let asked = |i: &usize| role(&members[*i]).map(|w| w.role);
    let asked_for: Vec<usize> =
        (0..members.len()).filter(|i| asked(i) == Some(Role::Images) && members[*i].holds_images(2)).collect();
    let free = |i: &usize| asked(i).is_none() && !names_no_images(&members[*i].leaf.name);
    let with = |dimensions| (0..members.len()).filter(free).filter(|i| members[*i].holds_images(dimensions)).collect::<Vec<_>>();
    let mut candidates = with(3);
    if candidates.is_empty() {
        candidates = with(2);
    }
    let large = |i: &&usize| {
        let m = &members[**i];
        (
            m.header.bytes(),
            names_images(&m.leaf.name),
            part_named(&m.leaf.name).is_none_or(|p| p == Split::Train),
            std::cmp::Reverse(**i),
        )
    };
    let Some(leader) = candidates.iter().max_by_key(large).copied().or(asked_for.first().copied()) else { return Vec::new() };
    let shape = |i: usize| Layout::of(&members[i].header.shape);
    let first = &members[leader];
    let belongs = |i: &usize| {
        let m = &members[*i];
        let parts = part_named(&m.leaf.name) != part_named(&first.leaf.name);
        let together = key(&m.leaf.name) == key(&first.leaf.name);
        let beside = !m.leaf.archive().is_empty() && m.leaf.archive() == first.leaf.archive();
        *i == leader
            || shape(*i) == shape(leader) && (together && (parts || !beside) || !beside && m.header.type_name() == first.header.type_name())
            // Parts of a set may be of other sizes.
            || together && parts
    };
    let mut images: Vec<usize> = candidates.into_iter().filter(belongs).chain(asked_for).collect();
    images.sort_unstable();
    images.dedup();
    images
}

/// Arrays that label the images of another: as many rows, of the same part of the set and of the same shard, as far as names
/// tell.
fn labels_of(members: &[Member], image: usize, images: &[usize], wishes: &Wishes) -> Vec<usize> {
    let images_of = &members[image];
    if wishes.labels.as_ref().is_some_and(String::is_empty) {
        return Vec::new();
    }
    let asked = |i: usize| {
        let name = &members[i].leaf.name;
        wishes.labels.as_ref().is_some_and(|label| super::wish::matches(name, label))
            || wanted(wishes, name).is_some_and(|w| w.role == Role::Labels)
    };
    let part = |i: usize| part_named(&members[i].leaf.name);
    let rest = (0..members.len()).filter(|i| {
        let m = &members[*i];
        let label = m.header.shape.len() <= 2 && !m.header.shape.is_empty() && m.rows() == images_of.rows();
        label && !images.contains(i) && wanted(wishes, &m.leaf.name).is_none_or(|w| w.role == Role::Labels)
    });
    let mut rest: Vec<usize> = rest.collect();
    if wishes.labels.is_some() || rest.iter().any(|i| wanted(wishes, &members[*i].leaf.name).is_some()) {
        rest.retain(|i| asked(*i));
        return rest;
    }
    let own = part(image);
    let same: Vec<usize> = rest.iter().copied().filter(|i| part(*i) == own).collect();
    // `x_train` and `labels`, or `images` and `train_labels`: nothing says that these are others.
    let open = rest.iter().all(|i| part(*i) == part(rest[0])) && (own.is_none() || rest.iter().all(|i| part(*i).is_none()));
    rest = if !same.is_empty() {
        same
    } else if open {
        rest
    } else {
        return Vec::new();
    };
    let nearer = |rest: &mut Vec<usize>, near: &dyn Fn(usize) -> bool| {
        if rest.iter().any(|i| near(*i)) {
            rest.retain(|i| near(*i));
        }
    };
    let name = |i: usize| members[i].leaf.name.as_str();
    nearer(&mut rest, &|i| members[i].leaf.archive() == images_of.leaf.archive());
    let alike: Vec<usize> = images.iter().copied().filter(|i| members[*i].rows() == images_of.rows() && part(*i) == own).collect();
    if alike.len() > 1 {
        // Shards and classes of the same size: numbers and words must tell.
        nearer(&mut rest, &|i| members[i].leaf.folders() == images_of.leaf.folders());
        let sure = |i: usize| {
            let shard = numbers(name(i)) == numbers(name(image)) && !numbers(name(image)).is_empty();
            let word = key(name(i)) == key(name(image)) && !key(name(image)).is_empty();
            let apart = !members[image].leaf.archive().is_empty() && members[i].leaf.archive() == members[image].leaf.archive();
            let folder = members[i].leaf.folders() == images_of.leaf.folders()
                && alike.iter().all(|j| *j == image || members[*j].leaf.folders() != images_of.leaf.folders());
            shard || word || apart || folder
        };
        rest.retain(|i| sure(*i));
    } else if rest.len() > 1 {
        // Among several the ones of the same shard, where there are shards.
        nearer(&mut rest, &|i| numbers(name(i)) == numbers(name(image)));
    }
    rest
}
