//! A resolver that answers as a test says.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use outbound::{Addresses, Resolve};

use crate::receiver::ip;

/// Answers each name with its list of answers in turn, the last one for ever.
#[derive(Default)]
pub(crate) struct Names {
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    pub(crate) fn one(name: &str, addresses: &[&str]) -> Arc<Self> {
        Self::turns(name, &[addresses])
    }

    pub(crate) fn turns(name: &str, turns: &[&[&str]]) -> Arc<Self> {
        Self::table(&[(name, turns)])
    }

    pub(crate) fn table(names: &[(&str, &[&[&str]])]) -> Arc<Self> {
        let answers = names.iter().map(|(name, turns)| {
            let turns = turns.iter().rev();
            let turns = turns.map(|turn| turn.iter().map(|text| ip(text)).collect());
            ((*name).to_owned(), turns.collect())
        });
        Arc::new(Self {
            answers: Mutex::new(answers.collect()),
            asked: Mutex::default(),
        })
    }

    /// From now on there is no such name.
    pub(crate) fn forget(&self, name: &str) {
        self.answers.lock().unwrap().remove(name);
    }

    /// The names that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        self.asked.lock().unwrap().push(host.to_owned());
        let answer = match self.answers.lock().unwrap().get_mut(host) {
            Some(turns) if turns.len() > 1 => Ok(turns.pop().unwrap()),
            Some(turns) => Ok(turns[0].clone()),
            None => Err(io::Error::new(io::ErrorKind::NotFound, "no such name")),
        };
        Box::pin(async move { answer })
    }
}

/// A resolver that never answers.
pub(crate) struct Silence;

impl Resolve for Silence {
    fn resolve<'a>(&'a self, _host: &'a str) -> Addresses<'a> {
        Box::pin(std::future::pending())
    }
}
