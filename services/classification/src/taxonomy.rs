//! The categories and departments that a verdict can name.

use std::collections::{HashMap, HashSet};

use contracts::ticket::{Class, Nature};
use serde::Deserialize;

use crate::rules::RulesError;

/// A second-level category with its entry in the catalogue.
#[derive(Clone, Debug)]
pub struct Category {
    /// Code, four digits.
    pub code: String,
    /// Name.
    pub name: String,
    /// Code of the first level, two digits.
    pub l1: String,
    /// Department that leads.
    pub lead: String,
    /// Class if nothing in the text speaks for another.
    pub class: Class,
    /// By which place matters of this category belong.
    pub nature: Nature,
}

/// All categories and departments.
#[derive(Debug)]
pub struct Taxonomy {
    categories: Vec<Category>,
    by_code: HashMap<String, usize>,
    departments: HashMap<String, String>,
    department_codes: Vec<String>,
    /// The department that leads in each category, by its number.
    leads: Vec<usize>,
}

#[derive(Deserialize)]
struct File {
    departments: Vec<DepartmentEntry>,
    categories: Vec<FirstLevel>,
}

#[derive(Deserialize)]
struct DepartmentEntry {
    code: String,
    name: String,
}

#[derive(Deserialize)]
struct FirstLevel {
    code: String,
    children: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    code: String,
    name: String,
    lead: String,
    class: Class,
    nature: Nature,
}

impl Taxonomy {
    /// Reads a taxonomy; one that names a lead it does not list is refused.
    pub fn read(text: &str) -> Result<Self, RulesError> {
        let file: File = serde_json::from_str(text).map_err(|e| RulesError::new("taxonomy.json", e))?;
        let department_codes: Vec<String> = file.departments.iter().map(|d| d.code.clone()).collect();
        let departments: HashMap<_, _> = file.departments.into_iter().map(|d| (d.code, d.name)).collect();
        let mut categories = Vec::new();
        for l1 in file.categories {
            categories.extend(l1.children.into_iter().map(|e| Category {
                code: e.code,
                name: e.name,
                l1: l1.code.clone(),
                lead: e.lead,
                class: e.class,
                nature: e.nature,
            }));
        }
        let mut seen = HashSet::new();
        for c in &categories {
            if !departments.contains_key(&c.lead) {
                return Err(RulesError::new("taxonomy.json", format!("{} names unknown department {}", c.code, c.lead)));
            }
            if !seen.insert(&c.code) {
                return Err(RulesError::new("taxonomy.json", format!("category {} is listed twice", c.code)));
            }
        }
        let number = |code: &String| department_codes.iter().position(|d| d == code);
        let leads = categories.iter().filter_map(|c| number(&c.lead)).collect();
        let by_code = categories.iter().enumerate().map(|(i, c)| (c.code.clone(), i)).collect();
        Ok(Self { categories, by_code, departments, department_codes, leads })
    }

    /// All categories, in the order of the file.
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// The category of a code.
    pub fn category(&self, code: &str) -> Option<&Category> {
        self.index(code).map(|i| &self.categories[i])
    }

    /// The name of a department.
    pub fn department(&self, code: &str) -> Option<&str> {
        self.departments.get(code).map(String::as_str)
    }

    /// The codes of all departments, in the order of the file.
    pub(crate) fn departments(&self) -> &[String] {
        &self.department_codes
    }

    /// The number of the department that leads in each category.
    pub(crate) fn leads(&self) -> &[usize] {
        &self.leads
    }

    pub(crate) fn index(&self, code: &str) -> Option<usize> {
        self.by_code.get(code).copied()
    }
}
