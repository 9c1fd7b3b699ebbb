//! The life of the people in a directory: at any time about as many, of whom 15 % go in a year, some of them to come back.

use std::collections::{BTreeSet, VecDeque};

use super::dice::Dice;
use super::town::{PROPERTIES, Town};

/// How often something happens to one person in a day.
const LEAVING: f64 = 0.0004;
const CHANGING: f64 = 0.006;
const SUSPENDED: f64 = 0.0004;
const MOVING: f64 = 0.003;
/// How often a group is new, another goes, and a third has another name, of each group in a day.
const GROUP_CHANGING: f64 = 0.002;
/// How many people there are to a group, and how many groups to a person.
const PEOPLE_TO_A_GROUP: usize = 20;
const GROUPS_TO_A_PERSON: usize = 4;
/// After so many days the directory itself knows no more of who has left.
const REMEMBERED: f64 = 20.0;

/// Who is there, who is gone.
pub(super) struct Life {
    size: usize,
    /// How many have vanished and will come back; nobody is hired for them.
    away: usize,
    day: f64,
    present: Vec<String>,
    /// Who went, and on which day; who is remembered can come back.
    gone: VecDeque<(String, f64)>,
    groups: Vec<String>,
    /// People and groups there have been.
    people_ever: usize,
    groups_ever: usize,
    /// Whom something happened to that no sync has seen: a directory that tells changes only does not tell all of it of
    /// somebody who goes in between and comes back.
    unheard: BTreeSet<String>,
}

impl Life {
    /// Fills `town` with `size` people; `0` is there for good.
    pub(super) fn begin(size: usize, town: &mut dyn Town, dice: &mut Dice) -> Self {
        let mut life = Self {
            size,
            away: 0,
            day: 0.0,
            present: Vec::new(),
            gone: VecDeque::new(),
            groups: Vec::new(),
            people_ever: 0,
            groups_ever: 0,
            unheard: BTreeSet::new(),
        };
        (0..size).for_each(|_| life.somebody_new(town));
        (0..size / PEOPLE_TO_A_GROUP).for_each(|_| life.group_new(town));
        for _ in 0..size * GROUPS_TO_A_PERSON {
            life.move_somebody(town, dice, true);
        }
        life.heard();
        life
    }

    /// Lets hours pass.
    pub(super) fn pass(&mut self, hours: f64, town: &mut dyn Town, dice: &mut Dice) {
        let days = hours / 24.0;
        self.day += days;
        while self.gone.front().is_some_and(|(_, day)| day + REMEMBERED < self.day) {
            let forgotten = self.gone.pop_front();
            forgotten.iter().for_each(|(id, _)| town.forget(id));
        }
        let of_people = |rate: f64| rate * days * self.size as f64;
        let (leaving, changing) = (of_people(LEAVING), of_people(CHANGING));
        let (suspended, moving) = (of_people(SUSPENDED), of_people(MOVING));
        for _ in 0..dice.about(leaving) {
            let told = !town.lists() || dice.chance(0.8);
            if let Some(id) = self.somebody(dice) {
                self.leaves(&id, told, town);
            }
        }
        if dice.chance(leaving / 8.0) {
            self.somebody_back(town, dice);
        }
        while self.present.len() + self.away < self.size && dice.chance(0.9) {
            self.somebody_new(town);
        }
        for _ in 0..dice.about(changing) {
            let Some(id) = self.somebody(dice) else { continue };
            let property = PROPERTIES[dice.below(PROPERTIES.len())];
            let value = match property {
                "mail" => format!("p{id}.{}@corp.example", dice.below(1000)),
                "title" => format!("Title {}", dice.below(40)),
                _ => format!("Person {id} {}", dice.below(1000)),
            };
            town.say(&id, property, &value);
        }
        for _ in 0..dice.about(suspended) {
            let on = dice.chance(0.6);
            self.somebody(dice).iter().for_each(|id| town.enable(id, on));
        }
        for _ in 0..dice.about(moving) {
            let is = dice.chance(0.5);
            self.move_somebody(town, dice, is);
        }
        if dice.chance(GROUP_CHANGING * days * self.groups.len() as f64) {
            self.group_new(town);
            let gone = self.groups.swap_remove(dice.below(self.groups.len()));
            town.ungroup(&gone);
            let renamed = &self.groups[dice.below(self.groups.len())];
            town.group(renamed, &format!("Group {renamed} of day {:.0}", self.day));
        }
    }

    /// A share of the people is gone all at once; returns who.
    pub(super) fn vanish(&mut self, percent: usize, told: bool, town: &mut dyn Town, dice: &mut Dice) -> Vec<String> {
        let wanted = self.present.len() * percent / 100;
        let mut gone = Vec::new();
        for _ in 0..wanted {
            if let Some(id) = self.somebody(dice) {
                self.leaves(&id, told, town);
                gone.push(id);
            }
        }
        self.away = gone.len();
        gone
    }

    /// Those of them who can come back do.
    pub(super) fn return_of(&mut self, people: &[String], town: &mut dyn Town) {
        self.away = 0;
        for id in people {
            if let Some(place) = self.gone.iter().position(|(gone, _)| gone == id) {
                self.gone.remove(place);
                self.comes_back(id.clone(), town);
            }
        }
    }

    /// A sync has seen everything.
    pub(super) fn heard(&mut self) {
        self.unheard.clear();
    }

    /// A group there is.
    pub(super) fn some_group(&self, dice: &mut Dice) -> &str {
        &self.groups[dice.below(self.groups.len())]
    }

    fn somebody(&self, dice: &mut Dice) -> Option<String> {
        let found = &self.present[dice.below(self.present.len())];
        (found != "0").then(|| found.clone())
    }

    fn somebody_new(&mut self, town: &mut dyn Town) {
        let id = self.people_ever.to_string();
        self.people_ever += 1;
        town.join(&id);
        self.unheard.insert(id.clone());
        self.present.push(id);
    }

    fn somebody_back(&mut self, town: &mut dyn Town, dice: &mut Dice) {
        if !self.gone.is_empty() {
            let place = dice.below(self.gone.len());
            if let Some((id, _)) = self.gone.remove(place) {
                self.comes_back(id, town);
            }
        }
    }

    fn comes_back(&mut self, id: String, town: &mut dyn Town) {
        town.join(&id);
        self.unheard.insert(id.clone());
        self.present.push(id);
    }

    fn leaves(&mut self, id: &str, told: bool, town: &mut dyn Town) {
        if self.unheard.contains(id) {
            return;
        }
        self.present.retain(|present| present != id);
        town.leave(id, told);
        self.gone.push_back((id.to_owned(), self.day));
    }

    fn group_new(&mut self, town: &mut dyn Town) {
        let id = format!("g{}", self.groups_ever);
        self.groups_ever += 1;
        town.group(&id, &format!("Group {id}"));
        self.groups.push(id);
    }

    fn move_somebody(&mut self, town: &mut dyn Town, dice: &mut Dice, is: bool) {
        let group = self.some_group(dice).to_owned();
        if let Some(id) = self.somebody(dice) {
            town.member(&group, &id, is);
            self.unheard.insert(id);
        }
    }
}
