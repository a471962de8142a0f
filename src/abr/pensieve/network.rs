//! Pensieve's actor as a file of weights has it, and what comes out of it.
//!
//! The file is JSON of our own, plain enough to be written by a few lines of any language:
//!
//! ```text
//! {"last":       {"weights": [[0.1, …]], "bias": [0.2, …]},    a row of weights for each input,
//!  "buffer":     {"weights": [[…]], "bias": […]},              a column, and a bias, for each
//!  "throughput": {"weights": [[…], …], "bias": […]},           output; here of eight rows,
//!  "delay":      {"weights": [[…], …], "bias": […]},           here too,
//!  "sizes":      {"weights": [[…], …], "bias": […]},           and here of one for each rung
//!  "left":       {"weights": [[…]], "bias": […]},
//!  "hidden":     {"weights": [[…], …], "bias": […]},           a row for each output of those six
//!  "rungs":      {"weights": [[…], …], "bias": […]}}           a column for each rung
//! ```
//!
//! The idea to hold: rows by input and columns by output are how TensorFlow keeps a dense layer, so
//! its arrays are written as they are. Of a convolution it keeps an array by tap, of which only the
//! second is used: its input is one place wide, and is padded with one nothing before it and two
//! after.

use serde_json::{Map, Value};

/// The most numbers a file may hold, in commas; the published network has a hundred thousand.
const MOST_NUMBERS: usize = 2_000_000;

/// How far back the histories of throughput and delay go.
pub(super) const PAST: usize = 8;

/// What is fed to the network, by branch.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) last: f64,
    pub(super) buffer: f64,
    /// The latest at the end.
    pub(super) throughput: [f64; PAST],
    pub(super) delay: [f64; PAST],
    /// By rung.
    pub(super) sizes: Vec<f64>,
    pub(super) left: f64,
}

/// The actor: six branches side by side, a hidden layer over them all, and a score for each rung.
#[derive(Debug)]
pub(super) struct Network {
    /// In the order of the fields of a [`State`].
    branches: [Layer; 6],
    hidden: Layer,
    rungs: Layer,
}

/// Room for what comes out of each layer.
#[derive(Clone, Debug)]
pub(super) struct Room {
    merged: Vec<f64>,
    hidden: Vec<f64>,
    scores: Vec<f64>,
}

/// A dense layer.
#[derive(Debug)]
struct Layer {
    /// By input, then output.
    weights: Vec<f64>,
    /// By output.
    bias: Vec<f64>,
}

impl Network {
    /// From the text of a file.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // Before it is parsed, since parsed it takes many times its memory.
        let commas = text.bytes().filter(|&byte| byte == b',').count();
        if commas > MOST_NUMBERS {
            return Err(format!("it has {commas} numbers: at most {MOST_NUMBERS} are read"));
        }
        let parsed: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let Value::Object(layers) = &parsed else {
            let right = "layers named last, buffer, throughput, delay, sizes, left, hidden, rungs";
            return Err(format!("an object is expected, of {right}"));
        };
        let rungs = layer(layers, "rungs")?;
        let branches = [
            layer(layers, "last")?.taking(1, "last")?,
            layer(layers, "buffer")?.taking(1, "buffer")?,
            layer(layers, "throughput")?.taking(PAST, "throughput")?,
            layer(layers, "delay")?.taking(PAST, "delay")?,
            layer(layers, "sizes")?.taking(rungs.outputs(), "sizes")?,
            layer(layers, "left")?.taking(1, "left")?,
        ];
        let merged = branches.iter().map(Layer::outputs).sum();
        let hidden = layer(layers, "hidden")?.taking(merged, "hidden")?;
        let rungs = rungs.taking(hidden.outputs(), "rungs")?;
        Ok(Self { branches, hidden, rungs })
    }

    /// How many rungs it chooses from.
    pub(super) fn count(&self) -> usize {
        self.rungs.outputs()
    }

    pub(super) fn room(&self) -> Room {
        Room {
            merged: vec![0.0; self.branches.iter().map(Layer::outputs).sum()],
            hidden: vec![0.0; self.hidden.outputs()],
            scores: vec![0.0; self.rungs.outputs()],
        }
    }

    /// The rung it thinks likeliest to be right; of equals, the cheapest.
    pub(super) fn best(&self, state: &State, room: &mut Room) -> usize {
        let State { last, buffer, throughput, delay, sizes, left } = state;
        let inputs: [&[f64]; 6] = [&[*last], &[*buffer], throughput, delay, sizes, &[*left]];
        let mut rest = &mut room.merged[..];
        for (layer, input) in self.branches.iter().zip(inputs) {
            let (own, others) = rest.split_at_mut(layer.outputs());
            layer.forward(input, own);
            own.iter_mut().for_each(|output| *output = output.max(0.0));
            rest = others;
        }
        self.hidden.forward(&room.merged, &mut room.hidden);
        room.hidden.iter_mut().for_each(|output| *output = output.max(0.0));
        self.rungs.forward(&room.hidden, &mut room.scores);
        // A softmax would change no order.
        let mut best = 0;
        for (rung, &score) in room.scores.iter().enumerate() {
            if score > room.scores[best] {
                best = rung;
            }
        }
        best
    }
}

impl Layer {
    fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Itself, if it is of so many inputs.
    fn taking(self, inputs: usize, name: &str) -> Result<Self, String> {
        match self.weights.len() / self.outputs() {
            rows if rows == inputs => Ok(self),
            rows => Err(format!("{name}.weights has {rows} rows: {inputs} are expected")),
        }
    }

    /// What comes out of it, before it is bent.
    fn forward(&self, inputs: &[f64], outputs: &mut [f64]) {
        outputs.copy_from_slice(&self.bias);
        for (input, row) in inputs.iter().zip(self.weights.chunks_exact(self.outputs())) {
            for (output, weight) in outputs.iter_mut().zip(row) {
                *output += input * weight;
            }
        }
    }
}

/// A layer by its name.
fn layer(layers: &Map<String, Value>, name: &str) -> Result<Layer, String> {
    let found = layers.get(name).ok_or_else(|| format!("there is no layer `{name}`"))?;
    let list = |key: &str| match found.get(key) {
        Some(Value::Array(list)) => Ok(list),
        Some(_) | None => Err(format!("{name}.{key} is expected, a list")),
    };
    let bias = numbers(list("bias")?, &format!("{name}.bias"))?;
    if bias.is_empty() {
        return Err(format!("{name}.bias is empty: a number for each output is expected"));
    }
    let mut weights = Vec::new();
    for (place, row) in list("weights")?.iter().enumerate() {
        let place = format!("{name}.weights[{place}]");
        let Value::Array(row) = row else {
            return Err(format!("{place} is not a list: weights are a list of rows"));
        };
        if row.len() != bias.len() {
            let (found, right) = (row.len(), bias.len());
            return Err(format!("{place} has {found} numbers: {right}, as bias has, are expected"));
        }
        weights.extend(numbers(row, &place)?);
    }
    Ok(Layer { weights, bias })
}

fn numbers(list: &[Value], place: &str) -> Result<Vec<f64>, String> {
    let number = |(at, value): (usize, &Value)| {
        value.as_f64().ok_or_else(|| format!("{place}[{at}] is {value}: a number is expected"))
    };
    list.iter().enumerate().map(number).collect()
}
