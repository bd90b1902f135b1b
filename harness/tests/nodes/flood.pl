#!/usr/bin/env perl
# A broadcast node in plain Perl, core modules only: floods, without acknowledgements.
use strict;
use warnings;
use JSON::PP;

$| = 1;
my ($id, %seen, @messages);
my @neighbours;

sub say_to {
    my ($dest, $body) = @_;
    print encode_json({ src => $id, dest => $dest, body => $body }), "\n";
}

while (my $line = <STDIN>) {
    my $msg  = decode_json($line);
    my $body = $msg->{body};
    my $type = $body->{type};
    my %ok   = ( type => $type . "_ok", in_reply_to => $body->{msg_id} );
    if ($type eq 'init') {
        $id = $body->{node_id};
        say_to($msg->{src}, \%ok);
    } elsif ($type eq 'topology') {
        @neighbours = @{ $body->{topology}{$id} };
        say_to($msg->{src}, \%ok);
    } elsif ($type eq 'read') {
        say_to($msg->{src}, { %ok, messages => [@messages] });
    } elsif ($type eq 'broadcast') {
        my $value = $body->{message};
        say_to($msg->{src}, \%ok) if defined $body->{msg_id};
        next if $seen{$value}++;
        push @messages, $value;
        for my $peer (@neighbours) {
            say_to($peer, { type => 'broadcast', message => $value }) if $peer ne $msg->{src};
        }
    }
}
