//! The scenarios. Each is written once and played twice: in memory, and by the real worker in workerd. One needs a clock
//! that jumps over days, and is played in memory alone.

pub mod api;
pub mod attacks;
pub mod callback;
pub mod complete;
pub mod escrow;
pub mod events;
pub mod faults;
pub mod install;
pub mod log;
pub mod removal;
pub mod secrets;
pub mod sessions;
pub mod setup;
pub mod sweep;
pub mod v1;

use crate::world::{Setup, World};

/// Makes the world that a scenario asks for.
pub type Start<'a> = &'a dyn Fn(&Setup) -> Box<dyn World>;

/// Calls `$with!` with the path of every scenario.
#[macro_export]
macro_rules! every_scenario {
    ($with:ident) => {
        $with! {
            api::a_call_is_passed_on_with_the_token_attached,
            api::a_call_cannot_leave_the_api,
            api::what_smooch_answers_is_passed_back,
            api::any_method_is_passed_on,
            api::a_redirect_is_handed_back,
            api::a_dead_token_marks_the_connection,
            api::an_old_record_is_not_written_over_a_new_one,
            api::a_call_that_is_refused_is_not_a_dead_token,
            api::a_call_that_hangs_is_given_up,
            attacks::a_challenge_that_was_taken_away_is_noticed,
            attacks::no_word_of_smooch_reaches_a_page_a_log_or_a_header,
            attacks::a_subdomain_that_is_an_address_connects_nothing,
            attacks::a_hostile_name_is_data,
            callback::a_redirect_from_smooch_is_bounced_to_the_site_with_a_receipt,
            callback::the_callback_makes_no_call_and_no_write,
            callback::a_denial_is_told_to_the_site,
            callback::every_error_of_smooch_is_told_by_who_must_act,
            callback::a_state_of_no_site_goes_no_further_than_the_edge,
            callback::another_method_is_refused,
            callback::a_direct_install_needs_the_setting,
            callback::another_issuer_is_a_mix_up,
            callback::an_error_of_another_issuer_is_not_believed,
            complete::an_attacker_cannot_finish_what_a_victim_allowed,
            complete::a_receipt_of_another_kind_site_or_key_is_refused,
            complete::an_expired_receipt_is_refused,
            complete::the_page_must_be_of_the_site_that_set_out,
            complete::a_form_of_another_shape_is_refused,
            complete::a_direct_receipt_is_for_the_edges_own_page_alone,
            complete::the_hosted_page_finishes_its_own_flows,
            complete::pkce_is_proven_to_a_server_that_asks,
            complete::the_answer_can_be_read_by_the_site_alone,
            escrow::a_held_token_that_nobody_came_for_is_revoked,
            escrow::a_held_token_is_not_ended_where_its_app_has_a_connection,
            escrow::a_held_token_is_ended_where_its_apps_connections_are_dead,
            escrow::a_late_token_whose_app_is_not_told_is_held_on,
            escrow::a_held_token_becomes_nobody_elses,
            escrow::a_revocation_that_fails_is_tried_again,
            escrow::a_held_token_lives_ten_minutes_however_often_it_is_sent,
            escrow::a_held_token_is_stored_once,
            escrow::a_held_token_that_was_ended_connects_nothing,
            escrow::a_session_that_ends_does_not_lose_a_held_token,
            escrow::a_flow_that_was_not_stored_is_not_answered_as_connected,
            escrow::a_direct_install_is_held_too,
            events::what_happened_is_read_in_order,
            faults::a_refused_code_is_told_and_the_first_answer_is_given_again,
            faults::a_code_that_smooch_turned_away_can_be_sent_again,
            faults::after_a_lost_answer_the_code_is_not_sent_again,
            faults::wrong_credentials_are_the_partners_to_mend,
            faults::an_answer_that_is_no_token_connects_nothing,
            faults::a_redirect_of_the_token_endpoint_is_not_followed,
            faults::a_token_that_cannot_be_stored_is_held,
            faults::a_write_that_fails_once_is_made_again,
            faults::a_write_that_kv_refuses_for_good_is_not_repeated,
            faults::a_token_whose_app_cannot_be_told_is_held,
            faults::who_leaves_while_the_code_is_exchanged_is_connected,
            install::an_install_is_stored_and_a_message_can_be_sent,
            install::an_install_costs_what_it_must_and_no_more,
            install::both_families_of_endpoints_install,
            install::the_same_app_connects_in_place,
            log::each_request_has_one_line_that_says_what_it_was,
            removal::the_last_connection_of_an_app_ends_the_authorization,
            removal::a_connection_that_others_share_is_only_forgotten,
            removal::a_removal_that_kv_fails_is_done_when_it_is_asked_again,
            removal::a_removal_that_smooch_is_not_there_for_is_kept,
            secrets::no_secret_is_logged_stored_or_answered,
            sessions::a_connection_belongs_to_the_user_who_set_out,
            sessions::another_user_cannot_finish,
            sessions::the_first_answer_is_the_same_users,
            sessions::the_hosted_page_takes_no_session,
            sessions::a_session_that_is_none_is_refused,
            sessions::a_site_can_ask_for_sessions,
            setup::a_page_that_is_right_is_found_right,
            setup::a_site_is_spoken_of_to_whom_names_it_and_its_origin,
            setup::a_page_that_is_not_there_is_told,
            setup::a_redirect_of_the_page_is_not_followed,
            setup::a_page_that_does_not_end_is_given_up,
            setup::what_is_wrong_with_a_page_is_named,
            setup::who_asks_too_often_about_sites_waits,
            setup::a_return_page_on_the_edge_is_not_asked_for,
            sweep::removed_answers_alike_and_proves_nothing,
            sweep::a_removal_at_smooch_is_found_soon,
            sweep::a_removal_that_waited_is_finished,
            sweep::records_of_an_older_key_are_sealed_again,
            sweep::a_run_costs_forty_requests_at_the_most,
            sweep::who_asks_too_often_waits,
            v1::a_key_is_needed,
            v1::connections_are_listed_by_page_and_by_subject,
            v1::an_unknown_connection_is_not_found,
            v1::a_record_that_does_not_open_is_told,
            v1::a_host_that_was_put_into_the_metadata_gets_no_token,
            v1::health_names_what_is_wrong_and_never_its_value,
            v1::wrong_settings_close_everything_else,
            v1::a_wrong_site_is_closed_and_named_and_the_others_work,
            v1::the_log_names_the_faults_of_the_settings,
            v1::pasted_quotation_marks_around_a_secret_do_no_harm,
            v1::what_can_be_got_has_a_head,
            v1::unknown_paths_and_methods_are_refused,
        }
    };
}

/// Calls `$with!` with the path of every scenario that only a simulated world can play: the real worker's clock does
/// not jump over days.
#[macro_export]
macro_rules! every_simulated_scenario {
    ($with:ident) => {
        $with! {
            events::a_reader_that_was_away_misses_nothing,
        }
    };
}
