//! The whole experiment as plain data, and its form in a link.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use latent_vocabulary::Params;
use latent_vocabulary::card::{Card, FIRST_HOSTED, ParamSpec, SOURCE, Under};

/// Version of the link format. Links written by older versions must keep opening.
pub const LINK_VERSION: u32 = 1;

/// One experiment: data set, method, and every parameter that differs from its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    pub data: String,
    pub method: String,
    /// Values by key. Keys that are absent have their card's default.
    pub values: BTreeMap<String, f64>,
    /// The autoencoder whose activations are taken apart, where it is not the default; see [`Setup::hosted`].
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
            let card = self.card().unwrap_or_else(|_| panic!("method {} has no parameter {key}", self.method));
            card.default_of(key)
        })
    }

    /// The value of a whole-number or choice parameter.
    pub fn usize(&self, key: &str) -> usize {
        self.get(key) as usize
    }

    /// The autoencoder whose activations this setup takes apart; `None` if it reads images.
    pub fn hosted(&self) -> Option<Self> {
        let source = self.card().ok()?.param(SOURCE.key).map(|p| self.usize(p.key))?;
        (source >= FIRST_HOSTED)
            .then(|| self.host.as_deref().cloned().unwrap_or_else(|| Self::new(&self.data, latent_catalog::CARDS[0].id)))
    }

    /// What its network is made with.
    ///
    /// # Errors
    /// If no such method is registered.
    pub fn params(&self) -> Result<Params, SetupError> {
        let host = self.hosted().map(|host| host.params().map(Box::new)).transpose()?;
        Ok(Params { card: self.card()?, values: self.values.clone(), host })
    }

    /// Whether activations of this network can be taken apart.
    ///
    /// # Errors
    /// If no such method is registered.
    pub fn can_host(&self) -> Result<bool, SetupError> {
        Ok(self.card()?.hosts)
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
        if let Some((_, why)) = self.contradictions().next() {
            return Err(SetupError::BadValue(why));
        }
        match self.hosted() {
            Some(host) if !host.can_host()? => Err(SetupError::BadValue(format!(
                "host = {}: its code is no vector between a plain encoder and decoder",
                host.method
            ))),
            Some(host) if host.data != self.data => {
                Err(SetupError::BadValue(format!("the host was trained on {}, this is {}", host.data, self.data)))
            }
            Some(host) => host.check(),
            None => Ok(()),
        }
    }

    /// Parameters that are larger than those they choose from, by themselves or with what they multiply: with how large they can
    /// be, and in words.
    fn contradictions(&self) -> impl Iterator<Item = ((&'static str, f64), String)> {
        let all = self.card().into_iter().flat_map(Card::all_params).filter(|p| self.applies(p));
        all.filter_map(|p| {
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

    /// Lowers what contradicts the rest, and says so: links and files of earlier versions may have it.
    pub fn settle(&mut self) -> Vec<String> {
        let mut notes = Vec::new();
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

    /// The link form: `v=1&data=mnist&method=vae&beta=4`. Only what differs from the defaults is written.
    pub fn to_query(&self) -> String {
        let mut out = format!("v={LINK_VERSION}&data={}&method={}{}", self.data, self.method, self.pairs(""));
        if let Some(host) = self.host.as_deref().filter(|_| self.hosted().is_some()) {
            out.push_str(&format!("&host={}{}", host.method, host.pairs(HOST_PREFIX)));
        }
        out
    }

    /// `&key=value` of all that differs from the defaults, with `prefix` before each key.
    fn pairs(&self, prefix: &str) -> String {
        let changed = self
            .card()
            .into_iter()
            .flat_map(Card::all_params)
            .map(|p| (p, self.get(p.key)))
            .filter(|(p, value)| *value != p.default);
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
        for (key, text) in pairs {
            match card.param(key) {
                None => notes.push(SetupError::UnknownParam { method: card.id.into(), key: key.into() }.to_string()),
                Some(spec) => match spec.parse(text) {
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
mod tests {
    use latent_vocabulary::phrase::{Phrase, phrases};

    use super::*;
    use latent_vocabulary::{Kind, ParamSpec};

    #[test]
    fn link_round_trips_and_reports_what_it_ignores() {
        let mut setup = Setup::new("mnist", "vae");
        setup.set("beta", 4.0).unwrap();
        setup.set("latent", 7.0).unwrap();
        assert_eq!(Setup::from_query(&setup.to_query(), &[]), (setup.clone(), vec![]));

        let (back, notes) = Setup::from_query("?v=9&method=vae&beta=4&latent=7&colour=red&batch=0", &[]);
        assert_eq!(back, setup);
        assert_eq!(notes.len(), 3, "{notes:?}");
        assert!(notes[0].contains("later version") && notes[1].contains("colour") && notes[2].contains("batch"), "{notes:?}");
    }

    /// A value of the parameter that is not its default.
    fn another(p: &ParamSpec) -> f64 {
        match p.kind {
            Kind::Float { min, max, .. } => [min, max, 0.3 * min + 0.7 * max].into_iter().find(|v| *v != p.default).unwrap(),
            Kind::Int { min, max } => [max as f64, min as f64].into_iter().find(|v| *v != p.default).unwrap(),
            Kind::Choice { names } => (p.default as usize + 1).rem_euclid(names.len()) as f64,
        }
    }

    #[test]
    fn every_parameter_of_every_method_travels() {
        for card in latent_catalog::CARDS {
            for (i, set) in latent_catalog::SETS.iter().enumerate() {
                let mut setup = Setup::new(set.id, card.id);
                // All at once on the first data set, some of them on each of the others.
                let chosen: Vec<_> =
                    card.all_params().enumerate().filter(|(k, _)| i == 0 || k % latent_catalog::SETS.len() == i).collect();
                for (_, p) in chosen {
                    setup.set(p.key, another(p)).unwrap();
                }
                let link = setup.to_query();
                assert!(link.starts_with("v=1&") && link.is_ascii() && !link.contains([' ', '%', '#', '+']), "{link}");
                assert_eq!(Setup::from_query(&link, &[]), (setup, vec![]), "{link}");
            }
        }
    }

    #[test]
    fn what_contradicts_the_rest_is_refused_whatever_came_first() {
        let both = |first: (&str, f64), then: (&str, f64)| {
            let mut setup = Setup::new("mnist", "topk-sae");
            setup.set(first.0, first.1).unwrap();
            setup.set(then.0, then.1).unwrap();
            setup
        };
        for setup in [both(("k", 100.0), ("features", 64.0)), both(("features", 64.0), ("k", 100.0))] {
            let why = setup.check().unwrap_err().to_string();
            assert!(why.contains("k = 100") && why.contains("features") && why.contains("64"), "{why}");
        }
        let mut good = both(("features", 64.0), ("k", 64.0));
        assert_eq!((good.check(), good.settle()), (Ok(()), vec![]));
        assert!(good.allows("k", 65.0).is_err() && good.allows("features", 63.0).is_err());
        assert_eq!((good.allows("k", 63.0), good.allows("batch", 1000.0)), (Ok(()), Ok(())));
        // A link that was written before opens with what is possible.
        let (mut old, notes) = Setup::from_query("?v=1&method=batch-topk&k=200&features=128", &[]);
        assert_eq!((notes.len(), old.settle().len(), old.get("k")), (0, 1, 128.0));
        assert_eq!(old.check(), Ok(()));
    }

    #[test]
    fn a_product_chooses_no_more_than_there_are() {
        let both = |k: f64, alpha: f64| {
            let mut setup = Setup::new("mnist", "k-sparse");
            [("features", 64.0), ("k", k), ("alpha", alpha)].into_iter().for_each(|(key, v)| setup.set(key, v).unwrap());
            setup
        };
        assert_eq!((both(32.0, 2.0).check(), both(64.0, 1.0).check()), (Ok(()), Ok(())));
        let words = both(32.0, 3.0).check().unwrap_err().to_string();
        assert!(words.contains("alpha · k = 3 · 32: expected no more than features, of which there are 64"), "{words}");
        assert!(both(32.0, 2.0).allows("k", 33.0).is_err() && both(30.0, 2.0).allows("alpha", 2.5).is_err());
        // k first, and α by what that leaves.
        let mut old = both(100.0, 3.0);
        assert_eq!((old.settle().len(), old.get("k"), old.get("alpha"), old.check()), (2, 64.0, 1.0, Ok(())));
        let mut uneven = both(21.0, 3.9);
        assert_eq!((uneven.settle().len(), uneven.check()), (1, Ok(())));
    }

    #[test]
    fn a_parameter_chooses_from_one_that_is_there() {
        for card in latent_catalog::CARDS {
            for p in card.all_params() {
                let param = |key: &str| card.param(key).unwrap_or_else(|| panic!("{}: {key}", card.id)).default;
                let times = p.times.map_or(1.0, param);
                assert!(p.at_most.map(param).is_none_or(|most| p.default * times <= most), "{}: {}", card.id, p.key);
            }
        }
    }

    #[test]
    fn old_links_keep_opening() {
        let opened = |link: &str| {
            let (setup, notes) = Setup::from_query(link, &["theme", "engine"]);
            assert_eq!(notes, Vec::<String>::new(), "{link}");
            setup
        };
        // Links that were written, or given away by hand, before today: they mean what they meant.
        assert_eq!(opened(""), Setup::new("mnist", "vae"));
        assert_eq!(opened("?theme=dark"), Setup::new("mnist", "vae"));
        let beta = opened("?method=beta-vae&objective=fixed&beta=8");
        assert_eq!((beta.data.as_str(), beta.method.as_str(), beta.get("beta")), ("mnist", "beta-vae", 8.0));
        let small = opened("?v=1&data=mnist&method=vae&latent=4&hidden=64&batch=16&engine=burn");
        assert_eq!((small.usize("latent"), small.usize("hidden"), small.usize("batch")), (4, 64, 16));
        let faces = opened("#v=1&data=faces&method=vae&net=conv&latent=64&lr=0.0005&seed=4294967295");
        assert_eq!(
            (faces.data.as_str(), faces.usize("net"), faces.get("lr"), faces.get("seed")),
            ("faces", 1, 0.0005, 4_294_967_295.0)
        );
        assert_eq!(opened("?v=1&method=vq-vae&optimizer=sgd&momentum=0.5").get("momentum"), 0.5);
    }

    #[test]
    fn only_structure_asks_for_a_rebuild() {
        let a = Setup::new("mnist", "vae");
        let mut b = a.clone();
        b.set("beta", 2.0).unwrap();
        b.set("lr", 0.01).unwrap();
        assert!(!a.needs_rebuild(&b));
        b.set("latent", 3.0).unwrap();
        assert!(a.needs_rebuild(&b));
    }

    #[test]
    fn a_host_travels_in_the_link() {
        let mut setup = Setup::new("mnist", "topk-sae");
        let mut host = Setup::new("mnist", "ae");
        host.set("latent", 32.0).unwrap();
        setup.host = Some(Box::new(host.clone()));
        assert_eq!(setup.hosted(), None, "images need no host");
        assert!(!setup.to_query().contains("host"));
        setup.set_text("source", "code").unwrap();
        assert_eq!(setup.hosted(), Some(host.clone()));
        assert!(setup.to_query().ends_with("&host=ae&host.latent=32"), "{}", setup.to_query());
        assert_eq!(Setup::from_query(&setup.to_query(), &[]), (setup.clone(), vec![]));
        assert_eq!(setup.check(), Ok(()));

        // Another learning rate of the host leaves its network as it is, another size does not.
        let mut other = setup.clone();
        other.host.as_mut().unwrap().set("lr", 0.01).unwrap();
        assert!(!setup.needs_rebuild(&other));
        other.host.as_mut().unwrap().set("latent", 8.0).unwrap();
        assert!(setup.needs_rebuild(&other));

        setup.host = Some(Box::new(Setup::new("mnist", "topk-sae")));
        assert!(setup.check().unwrap_err().to_string().starts_with("host = topk-sae"));
        let (_, notes) = Setup::from_query("method=topk-sae&source=code&host=vae&host.colour=3", &[]);
        assert_eq!(notes, ["method vae has no parameter \"colour\""]);
    }

    #[test]
    fn out_of_range_names_the_parameter() {
        let mut a = Setup::new("mnist", "vae");
        for (key, value) in [("beta", f64::NAN), ("latent", 2.5), ("net", 9.0)] {
            let text = a.set(key, value).unwrap_err().to_string();
            assert!(text.starts_with(key), "{text}");
        }
        assert_eq!(a, Setup::new("mnist", "vae"));
    }

    #[test]
    fn every_card_suggests_only_what_its_method_knows() {
        for card in latent_catalog::CARDS {
            for phrase in phrases(card.try_this) {
                let Phrase::Experiment { set, .. } = phrase else { continue };
                for pair in set.split('&') {
                    assert_eq!(Setup::new("mnist", card.id).set_pair(pair), Ok(()), "{}: {pair}", card.id);
                }
            }
        }
    }
}
