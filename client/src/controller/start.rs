//! Prepares a flow and starts it with the person's click.

use super::{Cause, Controller, ElementState};
use crate::{
    attributes::ConfigError,
    flow::Flow,
    machine::{Event, Turn},
    page,
    proof::{self, Proof},
    storage,
};
use shared::{AuthorizationRequest, State};
use std::rc::Rc;

impl Controller {
    /// The link to Smooch for the present attributes and proof, or an empty string while no proof is ready.
    pub(super) fn link(&self) -> Result<String, ConfigError> {
        let attributes = self.attributes();
        let config = attributes.config()?;
        let Some(Proof { challenge, .. }) = self.state.borrow().proof.clone() else {
            return Ok(String::new());
        };
        let state = State { site: config.site, challenge };
        let request = AuthorizationRequest {
            client_id: config.client_id,
            redirect_uri: &[&self.edge, "/callback"].concat(),
            state: &state.to_text(),
            code_challenge: config.pkce.then(|| state.challenge.as_str()),
        };
        Ok(request.url(config.authorize_url))
    }

    pub(super) fn prepare_proof(self: &Rc<Self>, turn: Turn) {
        storage::delete_expired_intents();
        let Some((verifier, digest)) = proof::start() else { return };
        let this = Rc::clone(self);
        page::when_settled(&digest, move |digest| {
            // A later proof may be under way, or the element may have stopped.
            if this.state.borrow().machine.proof_turn == turn
                && let Some(proof) = Proof::new(verifier, &digest)
            {
                this.state.borrow_mut().proof = Some(proof);
                this.dispatch(Event::ProofReady(turn), &Cause::default());
            }
        });
    }

    /// Saves the flow that starts with this click. Returns true if it was saved.
    pub(super) fn save_intent(&self) -> bool {
        let (attributes, here) = (self.attributes(), page::return_path());
        let mut state = self.state.borrow_mut();
        let Some(Proof { verifier, challenge }) = state.proof.clone() else { return false };
        let flow = Flow {
            verifier: Some(verifier),
            popup: if attributes.is_popup() { challenge.as_str().into() } else { String::new() },
            started_session: attributes.session,
            return_path: if state.return_path.is_empty() { here } else { state.return_path.clone() },
            ..Flow::default()
        };
        // The new flow replaces one that this page load returned with.
        state.flow = Flow::default();
        drop(state);
        storage::save_intent(&challenge, &flow)
    }

    pub(super) fn open_popup(&self) -> bool {
        let (module, proof) = {
            let ElementState { popup_module, proof, .. } = &*self.state.borrow();
            (popup_module.clone(), proof.clone())
        };
        match (module, self.view(), proof, self.link()) {
            (Some(module), Some(view), Some(Proof { challenge, .. }), Ok(link)) => {
                module.open(view.host(), &link, challenge.as_str()).unwrap_or(false)
            }
            _ => false,
        }
    }
}
