// A TLS client on Node's tls module, for the interop tests. ../README.md says what it understands.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const readline = require('readline');
const tls = require('tls');

// The newest session of each name.
const sessions = new Map();

const newSuites = 'TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_CHACHA20_POLY1305_SHA256,TLS_AES_128_CCM_SHA256,'
    + 'TLS_AES_128_CCM_8_SHA256';

function options(request) {
    const list = (text) => (text ? text.split(',') : undefined);
    return {
        host: '127.0.0.1',
        port: Number(request.port),
        // A server name that is empty is not sent.
        servername: request.name,
        checkServerIdentity: (host, certificate) => tls.checkServerIdentity(request.name || '127.0.0.1', certificate),
        ca: fs.readFileSync(request.ca),
        minVersion: 'TLSv' + request.min,
        maxVersion: 'TLSv' + request.max,
        ciphers: (request.suites || 'ALL,' + newSuites).replaceAll(',', ':') + ':@SECLEVEL=0',
        ecdhCurve: (request.groups || 'X25519,P-256,P-384,P-521,X448,ffdhe2048,ffdhe3072,ffdhe4096').replaceAll(',', ':'),
        ALPNProtocols: list(request.alpn),
        cert: request.cert && fs.readFileSync(request.cert),
        key: request.key && fs.readFileSync(request.key),
        session: request.session && sessions.get(request.session),
        requestOCSP: request.status === '1',
        minDHSize: 1024,
    };
}

// Octets that do not repeat soon; the same for the same count.
function data(count) {
    const block = Buffer.alloc(count);
    for (let index = 0; index < count; index += 1) block[index] = (index * index) >> 3 ^ index >> 11;
    return block;
}

function connect(request) {
    return new Promise((resolve) => {
        const answer = {};
        const socket = tls.connect(options(request));
        const lines = request.send ? request.send.split('|') : [];
        const replies = [];
        const octets = Number(request.transfer || 0);
        let text = '';
        let hash;
        let rest = 0;
        let sent;
        let isDone = false;

        const finish = (error) => {
            if (isDone) return;
            isDone = true;
            if (error) answer.error = `${error.code || ''} ${error.message} ${error.reason || ''}`;
            if (replies.length) answer.replies = replies.join('|');
            socket.destroy();
            resolve(answer);
        };
        const next = () => {
            if (lines.length) {
                socket.write(lines.shift() + '\n');
            } else if (octets && !hash) {
                const all = data(octets);
                sent = crypto.createHash('sha256').update(all).digest('hex');
                hash = crypto.createHash('sha256');
                rest = octets;
                socket.write(all);
            } else {
                socket.end();
            }
        };
        socket.setTimeout(60000, () => finish(new Error('timed out')));
        socket.on('session', (session) => request.session && sessions.set(request.session, session));
        socket.on('OCSPResponse', (response) => { answer.status = response ? response.toString('hex') : ''; });
        socket.on('secureConnect', () => {
            answer.version = socket.getProtocol().replace('TLSv', '');
            answer.suite = socket.getCipher().standardName;
            answer.group = socket.getEphemeralKeyInfo().name || '';
            answer.resumed = socket.isSessionReused();
            answer.alpn = socket.alpnProtocol || '';
            if (request.export) answer.exported = socket.exportKeyingMaterial(32, request.export).toString('hex');
            next();
        });
        socket.on('data', (block) => {
            if (rest > 0) {
                hash.update(block);
                rest -= block.length;
                if (rest > 0) return;
                if (hash.digest('hex') !== sent) return finish(new Error('what came back is not what was sent'));
                answer.transferred = octets;
                return next();
            }
            text += block;
            while (text.includes('\n')) {
                const end = text.indexOf('\n');
                replies.push(text.slice(0, end));
                text = text.slice(end + 1);
                next();
            }
        });
        // Only after close_notify; else it is an error.
        socket.on('end', () => { answer.closed = 1; });
        socket.on('error', finish);
        socket.on('close', () => finish(answer.closed ? undefined : new Error('closed by the server')));
    });
}

async function main() {
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const request = Object.fromEntries(line.split('\t').map((field) => {
            const end = field.indexOf('=');
            return [field.slice(0, end), field.slice(end + 1)];
        }));
        const answer = await connect(request).catch((error) => ({ error: error.message }));
        console.log(Object.entries(answer)
            .map(([name, value]) => `${name}=${String(value).replace(/[\t\n]+/g, ' ')}`).join('\t'));
    }
}

main();
