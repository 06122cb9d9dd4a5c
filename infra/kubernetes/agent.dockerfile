# The image of an agent: the command line as it is shipped, one file, on a Node without a package manager's leftovers.
#   npm run build && docker build -f infra/kubernetes/agent.dockerfile -t registry.example.com/capstan:0.1.0 .
FROM node:24-bookworm-slim
COPY dist/cli/capstan.mjs /usr/local/lib/capstan/capstan.mjs
USER 65532:65532
ENTRYPOINT ["node", "/usr/local/lib/capstan/capstan.mjs"]
