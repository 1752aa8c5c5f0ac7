//! The entry of the third module: why a row got its class.

use super::js::{js_error, set};
use crate::explain::{Explainer, place};
use crate::model::ModelSpec;
use crate::model::calibration::PROBABILITY_ONE;
use crate::model::forest::Leaves;
use crate::pack;
use js_sys::{Float64Array, Object};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("explain.d.ts");

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(typescript_type = "RawExplanation")]
    pub type JsExplanation;
}

/// A model that explains its answers.
#[wasm_bindgen(js_name = Explainer)]
pub struct JsExplainer {
    spec: ModelSpec,
    explainer: Explainer,
}

#[wasm_bindgen(js_class = Explainer)]
impl JsExplainer {
    /// Reads a model file.
    #[wasm_bindgen(constructor)]
    pub fn new(pack_bytes: &[u8]) -> Result<JsExplainer, JsValue> {
        let open = || {
            let spec = pack::read_classifier(pack_bytes)?;
            let explainer = Explainer::new(&spec)?;
            Ok(JsExplainer { spec, explainer })
        };
        open().map_err(|error| js_error(&error, None))
    }

    /// Explains what the trees say of a class in a row. `values` are those of its features.
    pub fn explain(&mut self, values: &[f32], class: u8) -> JsExplanation {
        let found = self.explainer.explain(&self.spec, values, class);
        let attack = self.explainer.attack_probability(&self.spec, values);
        let mut places = Vec::with_capacity(2 * values.len());
        for (feature, &value) in self.spec.preparation.features.iter().zip(values) {
            let place = place(feature, value);
            places.push(place.map_or(f64::NAN, |place| place.below));
            places.push(place.map_or(f64::NAN, |place| place.at_most));
        }
        let object = Object::new();
        let number = |name: &str, value: f64| set(&object, name, &value.into());
        let unit = match found.leaves {
            Leaves::Shares => "share",
            Leaves::Scores => "log-odds",
        };
        set(&object, "unit", &unit.into());
        let attack = f64::from(attack) / f64::from(PROBABILITY_ONE);
        number("attackProbability", attack);
        number("expectation", found.expectation);
        number("output", found.output);
        let contributions = Float64Array::from(&found.contributions[..]);
        set(&object, "contributions", &contributions);
        set(&object, "places", &Float64Array::from(&places[..]));
        object.unchecked_into()
    }
}
