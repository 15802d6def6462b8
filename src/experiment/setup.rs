//! The whole experiment as plain data, and its form in a link.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use latent_vocabulary::Params;
use latent_vocabulary::card::{Card, FIRST_HOSTED, LAYER, LAYERS, ParamSpec, SOURCE, SOURCES, Under, Want};
use latent_vocabulary::data::{DataCard, Own};
use latent_vocabulary::frames::Frames;
use latent_vocabulary::shape::SampleShape;

/// Version of the link format. Links written by older versions must keep opening.
pub const LINK_VERSION: u32 = 1;

/// One experiment: data set, method, and every parameter that differs from its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    pub data: String,
    pub method: String,
    /// Values by key. Keys that are absent have their card's default.
    pub values: BTreeMap<String, f64>,
    /// The trained network that it stands on, where it is not the default; see [`Setup::hosted`].
    pub host: Option<Box<Self>>,
}

/// What the keys of a host's parameters begin with in links.
const HOST_PREFIX: &str = "host.";

/// Why a setup is refused.
#[derive(Clone, Debug, PartialEq)]
pub enum SetupError {
    UnknownMethod(String),
    UnknownData(String),
    UnknownParam { method: String, key: String },
    BadValue(String),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownMethod(id) => write!(f, "no method is called {id:?}; `cargo lab methods` lists them"),
            Self::UnknownData(id) => write!(f, "no data set is called {id:?}; there are {}", latent_catalog::set_ids().join(", ")),
            Self::UnknownParam { method, key } => write!(f, "method {method} has no parameter {key:?}"),
            Self::BadValue(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for SetupError {}

impl From<SetupError> for String {
    fn from(e: SetupError) -> Self {
        e.to_string()
    }
}

impl Setup {
    /// The method's defaults on a data set.
    pub fn new(data: &str, method: &str) -> Self {
        Self { data: data.into(), method: method.into(), values: BTreeMap::new(), host: None }
    }

    /// The method's defaults on the first data set that it can learn from.
    pub fn of_method(method: &str) -> Self {
        let all = latent_catalog::SETS.iter().map(|set| Self::new(set.id, method));
        all.clone().find(|setup| setup.fits_data().is_ok()).unwrap_or_else(|| Self::new(latent_catalog::SETS[0].id, method))
    }

    /// The card of this setup's method.
    ///
    /// # Errors
    /// If no such method is registered.
    pub fn card(&self) -> Result<&'static Card, SetupError> {
        latent_catalog::card(&self.method).ok_or_else(|| SetupError::UnknownMethod(self.method.clone()))
    }

    /// The value of `key`, or its default.
    ///
    /// # Panics
    /// If the method has no such parameter: that is a mistake in the method's own code.
    pub fn get(&self, key: &str) -> f64 {
        self.values.get(key).copied().unwrap_or_else(|| {
            let spec = self.card().ok().and_then(|card| card.param(key));
            spec.unwrap_or_else(|| panic!("method {} has no parameter {key}", self.method)).default_for(self.of_pictures())
        })
    }

    /// Whether its samples are pictures.
    pub fn of_pictures(&self) -> bool {
        match latent_catalog::set(&self.data) {
            Some(card) => SampleShape::of(card).is_picture(),
            None => Own::parse(&self.data).is_none_or(|own| !own.vectors),
        }
    }

    /// The value of a whole-number or choice parameter.
    pub fn usize(&self, key: &str) -> usize {
        self.get(key) as usize
    }

    /// The trained network that this setup stands on: whose activations it takes apart, or whose codes it learns; `None` if it reads
    /// images.
    pub fn hosted(&self) -> Option<Self> {
        let card = self.card().ok()?;
        let taken_apart = card.param(SOURCE.key).is_some_and(|p| self.usize(p.key) >= FIRST_HOSTED);
        // The first network that it can stand on.
        let usual =
            || latent_catalog::CARDS.iter().find(|host| host.stream || !card.of_stream).map(|host| Self::new(&self.data, host.id));
        if card.hosted || taken_apart { self.host.as_deref().cloned().or_else(usual) } else { None }
    }

    /// Whether this is a network that it could stand on, if it does on any.
    pub fn can_stand_on(&self, host: &Self) -> bool {
        let [Ok(card), Ok(of)] = [self.card(), host.card()] else { return false };
        host.data == self.data && (of.stream || !card.of_stream)
    }

    /// What its network is made with.
    ///
    /// # Errors
    /// If no such method is registered.
    pub fn params(&self) -> Result<Params, SetupError> {
        let host = self.hosted().map(|host| host.params().map(Box::new)).transpose()?;
        let card = self.card()?;
        // A network knows its parameters and the card's defaults, but not whose samples it will see.
        let others = card.all_params().filter(|p| p.default_for(self.of_pictures()) != p.default);
        let defaults = others.map(|p| (p.key.to_owned(), p.default_for(self.of_pictures())));
        // One after the other: many at once are sorted first, by a sort of their own.
        let mut values = BTreeMap::new();
        values.extend(defaults.chain(self.values.clone()));
        Ok(Params { card, values, host })
    }

    /// What a file says of it for whoever runs the file's programs and has no cards: the live parameters in the order of the card, and the seed.
    ///
    /// # Errors
    /// If no such method is registered.
    pub fn notes(&self) -> Result<[(&'static str, String); 2], SetupError> {
        let live = self.card()?.all_params().filter(|p| p.live).map(|p| (self.get(p.key) as f32).to_string());
        Ok([("controls", live.collect::<Vec<_>>().join(",")), ("seed", self.get("seed").to_string())])
    }

    /// Whether another method can stand on this network: on its code at least.
    ///
    /// # Errors
    /// If no such method is registered.
    pub fn can_host(&self) -> Result<bool, SetupError> {
        let card = self.card()?;
        Ok(card.hosts || card.hosts_code)
    }

    /// Whether what it takes of a trained network is the code.
    fn stands_on_code(&self) -> Result<bool, SetupError> {
        let card = self.card()?;
        let named = [(SOURCE.key, SOURCES), (LAYER.key, LAYERS)];
        let layer = named.into_iter().find_map(|(key, names)| names.get(self.usize(card.param(key)?.key)));
        Ok(layer.is_none_or(|layer| *layer == SOURCES[FIRST_HOSTED]))
    }

    /// Sets `key` after checking its name and range.
    ///
    /// # Errors
    /// If the method has no such parameter or the value is out of range.
    pub fn set(&mut self, key: &str, value: f64) -> Result<(), SetupError> {
        let spec =
            self.card()?.param(key).ok_or_else(|| SetupError::UnknownParam { method: self.method.clone(), key: key.into() })?;
        let value = spec.check(value).map_err(SetupError::BadValue)?;
        self.values.insert(key.into(), value);
        Ok(())
    }

    /// Sets a parameter from what a person types: a number, or the name of a choice.
    ///
    /// # Errors
    /// If the method has no such parameter or the value is out of range.
    pub fn set_text(&mut self, key: &str, text: &str) -> Result<(), SetupError> {
        let unknown = || SetupError::UnknownParam { method: self.method.clone(), key: key.into() };
        let value = self.card()?.param(key).ok_or_else(unknown)?.parse(text).map_err(SetupError::BadValue)?;
        self.set(key, value)
    }

    /// [`Setup::set_text`] for `KEY=VALUE`.
    ///
    /// # Errors
    /// As there, and if there is no `=`.
    pub fn set_pair(&mut self, pair: &str) -> Result<(), SetupError> {
        let unreadable = || SetupError::BadValue(format!("{pair}: expected KEY=VALUE, for example beta=4"));
        let (key, text) = pair.split_once('=').ok_or_else(unreadable)?;
        self.set_text(key, text)
    }

    /// Checks the data set, the method and every value.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), SetupError> {
        if !latent_catalog::known_set(&self.data) {
            return Err(SetupError::UnknownData(self.data.clone()));
        }
        let card = self.card()?;
        for (key, value) in &self.values {
            let spec = card.param(key).ok_or_else(|| SetupError::UnknownParam { method: self.method.clone(), key: key.clone() })?;
            spec.check(*value).map_err(SetupError::BadValue)?;
        }
        self.fits_data()?;
        if let Some((_, why)) = self.contradictions().next() {
            return Err(SetupError::BadValue(why));
        }
        match self.hosted() {
            Some(host) if !host.can_host()? => Err(SetupError::BadValue(format!(
                "host = {}: its code is no vector that an encoder gives and a decoder takes by themselves",
                host.method
            ))),
            Some(host) if card.of_stream && !host.card()?.stream => {
                Err(SetupError::BadValue(format!("host = {}: its encoder is no residual stream", host.method)))
            }
            Some(host) if !host.card()?.hosts && !self.stands_on_code()? => Err(SetupError::BadValue(format!(
                "host = {}: of its network only the code can be taken, by source=code",
                host.method
            ))),
            Some(host) if host.data != self.data => {
                Err(SetupError::BadValue(format!("the host was trained on {}, this is {}", host.data, self.data)))
            }
            Some(host) => host.check(),
            None => Ok(()),
        }
    }

    /// Whether the method can learn from the data set, as far as its card tells: of a visitor's own images only they themselves know
    /// their factors, and whether they are clips or pairs.
    ///
    /// # Errors
    /// Why it cannot, or if no such method is registered.
    pub fn fits_data(&self) -> Result<(), SetupError> {
        let has = |fits: fn(&DataCard) -> bool| {
            let those: Vec<&str> = latent_catalog::SETS.iter().filter(|set| fits(set)).map(|set| set.id).collect();
            those.join(", ")
        };
        let (method, data) = (&self.method, &self.data);
        Err(SetupError::BadValue(match self.lacks()? {
            None => return Ok(()),
            Some(Want::Pictures) => format!("method {method} learns pictures: {data} has none"),
            Some(Want::Factors) => format!(
                "method {method} is told the factors of its images: {data} has none; these have: {}",
                has(|set| !set.factors.is_empty())
            ),
            Some(Want::Clips) => {
                format!(
                    "method {method} learns clips: {data} has none; these have: {}",
                    has(|set| matches!(set.frames, Frames::Clip(_)))
                )
            }
            Some(Want::Pairs) => {
                format!(
                    "method {method} learns pairs of pictures: {data} has none; these have: {}",
                    has(|set| set.frames == Frames::Pair)
                )
            }
        }))
    }

    /// What its method wants of the data set and does not find, as far as the set's card tells.
    ///
    /// # Errors
    /// If no such method is registered.
    pub fn lacks(&self) -> Result<Option<Want>, SetupError> {
        let set = latent_catalog::set(&self.data);
        Ok(self.card()?.lacks(self.of_pictures(), set.map(|set| !set.factors.is_empty()), set.map(|set| set.frames)))
    }

    /// Parameters that need pictures where there are none, or are larger than those they choose from, by themselves or with what they
    /// multiply: with what they can be, and in words.
    fn contradictions(&self) -> impl Iterator<Item = ((&'static str, f64), String)> {
        let pictures = self.of_pictures();
        let all = self.card().into_iter().flat_map(Card::all_params).filter(|p| self.applies(p));
        all.filter_map(move |p| {
            if !pictures && p.needs_pictures(self.get(p.key)) {
                let words = format!("{} = {} needs pictures: {} has none", p.key, p.format(self.get(p.key)), self.data);
                return Some(((p.key, p.default_for(false)), words));
            }
            let (key, most) = (p.key, p.at_most?);
            let (value, all, times) = (self.get(key), self.get(most), p.times.map(|other| (other, self.get(other))));
            let limit = all / times.map_or(1.0, |(_, factor)| factor);
            let words = || match times {
                None => format!("{key} = {value}: expected no more than {most}, of which there are {all}"),
                Some((other, factor)) => {
                    format!("{key} · {other} = {value} · {factor}: expected no more than {most}, of which there are {all}")
                }
            };
            (value > limit).then(|| ((key, limit), words()))
        })
    }

    /// Whether `key` can be `value` while all else is as it is.
    ///
    /// # Errors
    /// What it contradicts.
    pub fn allows(&self, key: &str, value: f64) -> Result<(), SetupError> {
        let mut other = self.clone();
        other.values.insert(key.into(), value);
        other.contradictions().next().map_or(Ok(()), |(_, why)| Err(SetupError::BadValue(why)))
    }

    /// Changes what contradicts the rest, and says so: links and files of earlier versions may have it.
    pub fn settle(&mut self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Err(why) = self.fits_data() {
            self.method = latent_catalog::CARDS[0].id.into();
            let card = self.card().expect("the first card is registered");
            self.values.retain(|key, value| card.param(key).is_some_and(|spec| spec.check(*value).is_ok()));
            notes.push(why.to_string());
        }
        // One after the other: what is left of the next depends on it.
        while let Some(((key, limit), why)) = { self.contradictions().next() } {
            self.values.insert(key.into(), limit);
            notes.push(why);
        }
        notes.extend(self.host.iter_mut().flat_map(|host| host.settle()));
        notes
    }

    /// Whether the parameter means something with the other choices as they are.
    pub fn applies(&self, spec: &ParamSpec) -> bool {
        self.holds(spec.under)
    }

    /// Whether the choices are such.
    pub fn holds(&self, under: Under) -> bool {
        under.is_none_or(|(key, options)| {
            let choice = self.card().ok().and_then(|card| card.param(key)).map(|choice| choice.format(self.get(key)));
            choice.is_some_and(|choice| options.contains(&choice.as_str()))
        })
    }

    /// Whether going from `self` to `other` needs a new network, as opposed to moving live controls.
    pub fn needs_rebuild(&self, other: &Self) -> bool {
        if self.data != other.data || self.method != other.method {
            return true;
        }
        let Ok(card) = self.card() else { return true };
        let hosts = match (self.hosted(), other.hosted()) {
            (Some(a), Some(b)) => a.needs_rebuild(&b),
            (a, b) => a.is_some() != b.is_some(),
        };
        hosts || card.all_params().any(|p| !p.live && self.get(p.key) != other.get(p.key) && (self.applies(p) || other.applies(p)))
    }

    /// Whether both are the same but for their seeds.
    pub fn is_twin(&self, other: &Self) -> bool {
        let mut same = self.clone();
        self.get("seed") != other.get("seed") && same.set("seed", other.get("seed")).is_ok() && same.to_query() == other.to_query()
    }

    /// The link form: `v=1&data=mnist&method=vae&beta=4`. Only what differs from the defaults is written.
    pub fn to_query(&self) -> String {
        let mut out = format!("v={LINK_VERSION}&data={}&method={}{}", self.data, self.method, self.pairs(""));
        if let Some(host) = self.host.as_deref().filter(|_| self.hosted().is_some()) {
            out.push_str(&format!("&host={}{}", host.method, host.pairs(HOST_PREFIX)));
        }
        out
    }

    /// `&key=value` of all that differs from what a link means without it, with `prefix` before each key.
    fn pairs(&self, prefix: &str) -> String {
        let changed = self
            .card()
            .into_iter()
            .flat_map(Card::all_params)
            .map(|p| (p, self.get(p.key)))
            .filter(|(p, value)| *value != p.in_link(self.of_pictures()));
        changed.map(|(p, value)| format!("&{prefix}{}={}", p.key, p.format(value))).collect()
    }

    /// Reads a link. Unknown keys and bad values are reported and ignored, so that an old or foreign link still opens.
    ///
    /// `query` may start with `?` or `#`. The keys in `reserved` belong to the page and are skipped silently.
    ///
    /// ```
    /// use latent_experiment::Setup;
    ///
    /// let (setup, notes) = Setup::from_query("?method=vae&beta=4&colour=red&theme=dark", &["theme"]);
    /// assert_eq!(setup.get("beta"), 4.0);
    /// assert_eq!(notes, [r#"method vae has no parameter "colour""#]);
    /// assert_eq!(setup.to_query(), "v=1&data=mnist&method=vae&beta=4");
    /// assert_eq!(Setup::from_query(&setup.to_query(), &[]), (setup, vec![]));
    /// ```
    pub fn from_query(query: &str, reserved: &[&str]) -> (Self, Vec<String>) {
        let mut notes = Vec::new();
        let pairs: Vec<(&str, &str)> = query
            .trim_start_matches(['?', '#'])
            .split('&')
            .filter(|s| !s.is_empty())
            .map(|s| s.split_once('=').unwrap_or((s, "")))
            .collect();
        let find = |key: &str| pairs.iter().rev().find(|(k, _)| *k == key).map(|(_, v)| *v);
        if let Some(v) = find("v").filter(|v| v.parse::<u32>().is_ok_and(|v| v > LINK_VERSION)) {
            notes.push(format!("v={v}: this link is of a later version of the page than {LINK_VERSION}"));
        }
        let mut set = find("data").unwrap_or(latent_catalog::SETS[0].id);
        if !latent_catalog::known_set(set) {
            notes.push(SetupError::UnknownData(set.into()).to_string());
            set = latent_catalog::SETS[0].id;
        }
        let (hosts, own): (Vec<_>, Vec<_>) = pairs
            .iter()
            .filter(|(key, _)| !matches!(*key, "v" | "data" | "method" | "host"))
            .partition(|(key, _)| key.starts_with(HOST_PREFIX));
        let own = own.into_iter().filter(|(key, _)| !reserved.contains(key));
        let mut setup = Self::read(set, find("method"), own, &mut notes);
        if let Some(method) = find("host") {
            let hosts = hosts.into_iter().map(|(key, text)| (&key[HOST_PREFIX.len()..], text));
            setup.host = Some(Box::new(Self::read(set, Some(method), hosts, &mut notes)));
        }
        (setup, notes)
    }

    /// A setup from what a link says of one network.
    fn read<'a>(
        data: &str,
        method: Option<&str>,
        pairs: impl Iterator<Item = (&'a str, &'a str)>,
        notes: &mut Vec<String>,
    ) -> Self {
        let first = latent_catalog::CARDS[0].id;
        let mut setup = Self::new(data, method.unwrap_or(first));
        if setup.card().is_err() {
            notes.push(SetupError::UnknownMethod(setup.method.clone()).to_string());
            setup.method = first.into();
        }
        let card = setup.card().expect("the first card is registered");
        // A link from before a default changed means what it meant.
        setup.values.extend(card.all_params().filter_map(|p| Some((p.key.to_owned(), p.unnamed?))));
        for (key, text) in pairs {
            match card.param(key) {
                None => notes.push(SetupError::UnknownParam { method: card.id.into(), key: key.into() }.to_string()),
                Some(spec) => match spec.parse(text) {
                    Ok(value) if spec.unnamed.is_some() && value == spec.default => {
                        setup.values.remove(key);
                    }
                    Ok(value) => {
                        setup.values.insert(key.into(), value);
                    }
                    Err(note) => notes.push(note),
                },
            }
        }
        setup
    }
}

#[cfg(test)]
mod tests;
