//! The page's template, filled.

use minijinja::{Environment, context};

use super::{chart, view::View};
use crate::report::RunSummary;

/// Its name's ending makes every text in it escaped.
const NAME: &str = "page.html";
const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The whole file. It fetches nothing, so that it can be read wherever it is copied to.
pub fn page(run: &RunSummary) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.add_template(NAME, TEMPLATE)?;
    environment.get_template(NAME)?.render(context! {
        run => View::of(run),
        style => STYLE,
        script => SCRIPT,
        chart => context! {
            width => chart::WIDTH,
            height => chart::HEIGHT,
            left => chart::LEFT,
            bottom => chart::HEIGHT - chart::BOTTOM,
        },
    })
}
