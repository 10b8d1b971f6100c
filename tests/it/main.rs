//! Integration tests: promises to callers, on simulated and on real phones.

mod commands;
mod commands_flows;
mod connectors;
mod connectors_tls;
mod differential;
mod expected_wait;
mod fuzz_sim;
mod layers;
mod named_files;
mod preparing;
mod recalled_by_thousands;
mod scenarios;
mod scenarios_dialling;
mod scenarios_handing;
mod scenarios_lines;
mod scenarios_monitor;
mod scenarios_outside;
mod scenarios_phones;
mod scenarios_promises;
mod scenarios_recalled;
mod scenarios_record;
mod scenarios_referring;
mod scenarios_surveys;
mod scenarios_switches;
mod scenarios_takes;
mod scenarios_transfer;
mod scenarios_waiting;
mod sim;
mod torture;
mod unheard;
mod wire;

mod sip_endpoint;
mod sip_referring;
mod sip_torture;
mod sip_world;
